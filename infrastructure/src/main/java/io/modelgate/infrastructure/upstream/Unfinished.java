package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import java.util.Arrays;

/** Bytes that came and were not cut off yet, in one array that grows. For one thread. */
final class Unfinished {
  private byte[] bytes = new byte[4 * 1024];
  private int start;
  private int position;
  private int limit;

  /** Adds bytes; offsets handed out before are void. */
  void feed(byte[] more, int offset, int length) {
    int left = limit - start;
    if (left + length > bytes.length) {
      bytes = Arrays.copyOfRange(bytes, start, start + Math.max(2 * left, left + length));
    } else {
      System.arraycopy(bytes, start, bytes, 0, left);
    }
    position -= start;
    start = 0;
    limit = left + length;
    System.arraycopy(more, offset, bytes, left, length);
  }

  /** What the offsets count in, until the next {@link #feed}. */
  byte[] bytes() {
    return bytes;
  }

  boolean hasNext() {
    return position < limit;
  }

  /** The next byte, which stays next. */
  byte peek() {
    return bytes[position];
  }

  /** Passes over one byte. */
  void advance() {
    position++;
  }

  /** Cuts off all that was passed. */
  Span cut() {
    var passed = new Span(start, position);
    start = position;
    return passed;
  }

  /** What was not cut off. */
  Span rest() {
    return new Span(start, limit);
  }
}
