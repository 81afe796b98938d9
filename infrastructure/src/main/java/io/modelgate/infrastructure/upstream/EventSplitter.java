package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of server-sent events after each blank line, however the bytes come in. Line ends
 * may be LF, CRLF or CR. All bytes come out again, in order and as they were. For one thread.
 *
 * @see <a
 *     href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">
 *     HTML: parsing an event stream</a>
 */
final class EventSplitter {
  private final int maxEvent;

  private final Unfinished unfinished = new Unfinished();

  private boolean lineIsEmpty = true;

  /** The byte before was a CR: an LF now belongs to it. */
  private boolean afterReturn;

  /** That CR ended a blank line, and the event ends with it or with the LF to come. */
  private boolean endsWithReturn;

  /**
   * This stream has used a CR by itself, so that none needs to wait for its LF any more. Without
   * this, an event could only go out when the next one's first byte is there.
   */
  private boolean bareReturns;

  /**
   * A splitter for one stream.
   *
   * @param maxEvent in bytes
   */
  EventSplitter(int maxEvent) {
    this.maxEvent = maxEvent;
  }

  /** Adds bytes; offsets handed out before are void. */
  void feed(byte[] more, int offset, int length) {
    unfinished.feed(more, offset, length);
  }

  /** What the offsets count in, until the next {@link #feed}. */
  byte[] bytes() {
    return unfinished.bytes();
  }

  /**
   * The next whole event, its blank line included.
   *
   * @return where it stands; null when it has not come to its end yet
   * @throws CallFailed when it is longer than allowed
   */
  @Nullable Span next() throws CallFailed {
    while (unfinished.hasNext()) {
      byte b = unfinished.peek();
      if (afterReturn) {
        afterReturn = false;
        boolean ends = endsWithReturn;
        endsWithReturn = false;
        if (b == '\n') {
          unfinished.advance();
          if (ends) {
            return unfinished.cut();
          }
          continue;
        }
        bareReturns = true;
        if (ends) {
          return unfinished.cut();
        }
      }
      unfinished.advance();
      if (isEndAt(b)) {
        return unfinished.cut();
      }
    }
    if (unfinished.rest().length() > maxEvent) {
      throw CallFailed.unintelligible("an event of over " + maxEvent + " bytes");
    }
    return null;
  }

  /** What is left of an event that has not come to its end. */
  Span rest() {
    return unfinished.rest();
  }

  private boolean isEndAt(byte b) {
    boolean blank = lineIsEmpty;
    lineIsEmpty = b == '\n' || b == '\r';
    afterReturn = b == '\r';
    endsWithReturn = afterReturn && blank && !bareReturns;
    return lineIsEmpty && blank && !endsWithReturn;
  }
}
