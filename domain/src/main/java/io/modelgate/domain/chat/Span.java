package io.modelgate.domain.chat;

/**
 * A stretch of bytes.
 *
 * @param start offset of its first byte
 * @param end offset after its last byte, at least {@code start}
 */
public record Span(int start, int end) {
  public Span {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException("need 0 <= start <= end, got " + start + " and " + end);
    }
  }

  public int length() {
    return end - start;
  }
}
