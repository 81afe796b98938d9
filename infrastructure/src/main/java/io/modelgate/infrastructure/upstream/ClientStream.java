package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import java.util.function.Supplier;

/**
 * The client's side of a stream: opened with its first events, so that until then a failure can
 * still be told by a status, and the call be made again. For one thread.
 */
final class ClientStream {
  private final ReplySink sink;
  private final Supplier<ReplyHead> head;
  private final Outgoing outgoing = new Outgoing();
  private boolean begun;
  private boolean opened;

  /**
   * Not opened yet.
   *
   * @param head asked once, right before the first events go out
   */
  ClientStream(ReplySink sink, Supplier<ReplyHead> head) {
    this.sink = sink;
    this.head = head;
  }

  /** What goes out with the next {@link #send}. */
  Outgoing outgoing() {
    return outgoing;
  }

  /** The backend has generated something, though nothing of it may have gone out yet. */
  void begin() {
    begun = true;
  }

  boolean hasBegun() {
    return begun;
  }

  /** Sends what has gathered, if anything has. */
  void send() {
    if (!outgoing.isEmpty()) {
      openIfNotYet();
      outgoing.writeTo(sink);
    }
  }

  /** Opens the reply though there is nothing to send yet but its end. */
  void openIfNotYet() {
    if (!opened) {
      opened = true;
      sink.open(head.get());
    }
  }

  /** What came well before a failure goes out; where nothing did, there is no reply. */
  Delivery broken(UpstreamFailure failure, Metered soFar) {
    if (!begun && !opened) {
      return new Delivery.NoReply(failure);
    }
    openIfNotYet();
    send();
    return new Delivery.BrokenOff(soFar, failure);
  }
}
