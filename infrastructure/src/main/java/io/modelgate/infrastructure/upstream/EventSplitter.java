package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import java.util.Arrays;
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

  private byte[] bytes = new byte[4 * 1024];
  private int start;
  private int position;
  private int limit;

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
    int unfinished = limit - start;
    if (unfinished + length > bytes.length) {
      bytes =
          Arrays.copyOfRange(bytes, start, start + Math.max(2 * unfinished, unfinished + length));
    } else {
      System.arraycopy(bytes, start, bytes, 0, unfinished);
    }
    position -= start;
    start = 0;
    limit = unfinished + length;
    System.arraycopy(more, offset, bytes, unfinished, length);
  }

  /** What the offsets count in, until the next {@link #feed}. */
  byte[] bytes() {
    return bytes;
  }

  /**
   * The next whole event, its blank line included.
   *
   * @return where it stands; null when it has not come to its end yet
   * @throws CallFailed when it is longer than allowed
   */
  @Nullable Span next() throws CallFailed {
    while (position < limit) {
      byte b = bytes[position];
      if (afterReturn) {
        afterReturn = false;
        boolean ends = endsWithReturn;
        endsWithReturn = false;
        if (b == '\n') {
          position++;
          if (ends) {
            return cut();
          }
          continue;
        }
        bareReturns = true;
        if (ends) {
          return cut();
        }
      }
      position++;
      if (isEndAt(b)) {
        return cut();
      }
    }
    if (limit - start > maxEvent) {
      throw CallFailed.unintelligible("an event of over " + maxEvent + " bytes");
    }
    return null;
  }

  /** What is left of an event that has not come to its end. */
  Span rest() {
    return new Span(start, limit);
  }

  private boolean isEndAt(byte b) {
    boolean blank = lineIsEmpty;
    lineIsEmpty = b == '\n' || b == '\r';
    afterReturn = b == '\r';
    endsWithReturn = afterReturn && blank && !bareReturns;
    return lineIsEmpty && blank && !endsWithReturn;
  }

  private Span cut() {
    var event = new Span(start, position);
    start = position;
    return event;
  }
}
