package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamFailure;
import java.util.function.Supplier;

/**
 * The client's side of a stream: opened with its first events, so that until then a failure can
 * still be told by a status. For one thread.
 */
final class ClientStream {
  private final ReplySink sink;
  private final Supplier<ReplyHead> head;
  private final Outgoing outgoing = new Outgoing();
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

  /** Sends what has gathered, if anything has. */
  void send() {
    if (!outgoing.isEmpty()) {
      if (!opened) {
        opened = true;
        sink.open(head.get());
      }
      outgoing.writeTo(sink);
    }
  }

  /** What came well before a failure goes out, unless the client can still get a status. */
  Delivery broken(UpstreamFailure failure, TokenUsage soFar) {
    if (!opened) {
      return new Delivery.NoReply(failure);
    }
    send();
    return new Delivery.BrokenOff(soFar, failure);
  }
}
