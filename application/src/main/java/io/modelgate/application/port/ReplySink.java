package io.modelgate.application.port;

import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.ModelName;

/**
 * Driven port: the caller's side of one call. For one thread. Each method may block on a slow
 * reader and throws {@link ClientGone} when there is no reader any more.
 */
public interface ReplySink {
  /**
   * Asks to be told when the client hangs up, even while nothing is written to it, or when the
   * gateway ends the call because it stops.
   *
   * @param hangUp run at most once, within a second, on another thread or, when that is known
   *     already, at once; must not block, and may come too late to matter. Replaces what was asked
   *     before
   */
  void whenGone(Runnable hangUp);

  /** Whether the gateway ended the call because it stops; the client is there to be told so. */
  boolean isStopped();

  /**
   * Says what is left of the caller's limits, for the head of whatever reply will be sent; before
   * that.
   */
  void announce(LimitStanding standing);

  /**
   * Says that the call was admitted and that its reply may be a while in coming: a client that
   * wants to hear something meanwhile can.
   *
   * @throws ClientGone as every method that sends something
   */
  void awaitReply();

  /**
   * Says which model replies, or would, once another than the one asked for was to; before {@link
   * #open}.
   */
  void announce(ModelName standIn);

  /** The status a client is told of a failure with, as long as nothing was sent. */
  int statusOf(UpstreamFailure failure);

  /** Sets the head; at most once, before anything else. It travels with the first bytes. */
  void open(ReplyHead head);

  /** Sends bytes at once. They are not kept after the call. */
  void write(byte[] bytes, int offset, int length);

  /**
   * Sends the rest and ends the reply well; once. When nothing was written before, {@code rest} is
   * the whole body.
   */
  void end(byte[] rest);

  /**
   * Ends a reply that had begun with an error the client can see, never with a clean end; once,
   * instead of {@link #end}.
   */
  void fail(UpstreamFailure failure);

  /** The client hung up. */
  final class ClientGone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ClientGone(Throwable cause) {
      super("the client is gone", cause);
    }
  }
}
