package io.modelgate.infrastructure.server;

import io.helidon.http.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Says where each request of a connection ends, before the server reads it, and lets nothing
 * through of which two readers could be of two minds: a proxy in front may have taken for one
 * request what is two. Hands on a request's head only when it is complete, and never a byte of the
 * request behind. For one thread.
 *
 * <p>Stricter than HTTP has to be, here and in {@link RequestHead}: chunks have no extensions and
 * sizes of at most eight hexadecimal digits, and no trailers follow them.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-6.3">RFC 9112, 6.3: message body
 *     length</a>
 */
final class RequestFraming {
  /** What the next byte belongs to. */
  enum Phase {
    BETWEEN,
    HEAD,
    BODY
  }

  private static final int MOST_SIZE_DIGITS = 8;
  private static final byte[] NOTHING = {};

  private Phase phase = Phase.BETWEEN;
  private byte[] held = NOTHING;
  private int start;
  private int end;

  private RequestHead head = new RequestHead();
  private int scanned;
  private long bodyLeft;
  private Chunk chunk = Chunk.SIZE;
  private int sizeDigits;

  /** Where in a chunked body. */
  private enum Chunk {
    SIZE,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LAST_CR,
    LAST_LF
  }

  Phase phase() {
    return phase;
  }

  /** Takes what came next; owned by this from now on. */
  void give(byte[] bytes) {
    int kept = end - start;
    if (kept == 0) {
      held = bytes;
    } else {
      byte[] wider =
          held.length >= kept + bytes.length
              ? held
              : new byte[Math.max(2 * kept, kept + bytes.length)];
      System.arraycopy(held, start, wider, 0, kept);
      System.arraycopy(bytes, 0, wider, kept, bytes.length);
      held = wider;
    }
    scanned -= start;
    start = 0;
    end = kept + bytes.length;
  }

  /**
   * What the server may read of the current request.
   *
   * @return at least one byte, the receiver's to keep; null when more has to come first
   * @throws RequestException when this is no request; nothing more may be read of the connection
   */
  byte @Nullable [] take() {
    if (start == end) {
      return null;
    }
    if (phase == Phase.BETWEEN) {
      phase = Phase.HEAD;
      head = new RequestHead();
      scanned = start;
    }
    int to = start;
    if (phase == Phase.HEAD) {
      scanned = head.read(held, scanned, end);
      if (!head.isComplete()) {
        return null;
      }
      to = scanned;
      phase = Phase.BODY;
      chunk = Chunk.SIZE;
      sizeDigits = 0;
      bodyLeft = head.isChunked() ? 0 : head.contentLength();
    }
    to = head.isChunked() ? readChunks(to) : readLength(to);
    return cut(to);
  }

  private byte[] cut(int to) {
    byte[] part = start == 0 && to == held.length ? held : Arrays.copyOfRange(held, start, to);
    start = to;
    if (start == end) {
      held = NOTHING;
      start = 0;
      end = 0;
    }
    return part;
  }

  private int readLength(int from) {
    int taken = (int) Math.min(bodyLeft, end - from);
    bodyLeft -= taken;
    if (bodyLeft == 0) {
      phase = Phase.BETWEEN;
    }
    return from + taken;
  }

  private int readChunks(int from) {
    int i = from;
    while (i < end && phase == Phase.BODY) {
      if (chunk == Chunk.DATA) {
        int taken = (int) Math.min(bodyLeft, end - i);
        bodyLeft -= taken;
        i += taken;
        if (bodyLeft == 0) {
          chunk = Chunk.DATA_CR;
        }
      } else {
        readFraming(held[i]);
        i++;
      }
    }
    return i;
  }

  private void readFraming(byte b) {
    switch (chunk) {
      case SIZE -> readSize(b);
      case SIZE_LF -> {
        expect(b, '\n');
        chunk = bodyLeft == 0 ? Chunk.LAST_CR : Chunk.DATA;
      }
      case DATA -> throw new IllegalStateException("data is passed over, not read");
      case DATA_CR -> {
        expect(b, '\r');
        chunk = Chunk.DATA_LF;
      }
      case DATA_LF -> {
        expect(b, '\n');
        chunk = Chunk.SIZE;
        sizeDigits = 0;
      }
      case LAST_CR -> {
        expect(b, '\r');
        chunk = Chunk.LAST_LF;
      }
      case LAST_LF -> {
        expect(b, '\n');
        phase = Phase.BETWEEN;
      }
    }
  }

  private void readSize(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0 && sizeDigits < MOST_SIZE_DIGITS) {
      bodyLeft = sizeDigits == 0 ? digit : bodyLeft * 16 + digit;
      sizeDigits++;
    } else if (b == '\r' && sizeDigits > 0) {
      chunk = Chunk.SIZE_LF;
    } else {
      throw head.malformed("the size of a chunk");
    }
  }

  private void expect(byte b, char expected) {
    if (b != expected) {
      throw head.malformed("the line ends of chunks, or a trailer");
    }
  }
}
