package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cuts a stream of lines after each line feed, however the bytes come in. For one thread. */
final class LineSplitter {
  private final int maxLine;

  private byte[] bytes = new byte[4 * 1024];
  private int start;
  private int position;
  private int limit;

  /**
   * A splitter for one stream.
   *
   * @param maxLine in bytes
   */
  LineSplitter(int maxLine) {
    this.maxLine = maxLine;
  }

  /** Adds bytes; offsets handed out before are void. */
  void feed(byte[] more, int length) {
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
    System.arraycopy(more, 0, bytes, unfinished, length);
  }

  /** What the offsets count in, until the next {@link #feed}. */
  byte[] bytes() {
    return bytes;
  }

  /**
   * The next whole line without its line feed.
   *
   * @return where it stands; null when it has not come to its end yet
   * @throws CallFailed when it is longer than allowed
   */
  @Nullable Span next() throws CallFailed {
    while (position < limit) {
      if (bytes[position++] == '\n') {
        var line = new Span(start, position - 1);
        start = position;
        return line;
      }
    }
    if (limit - start > maxLine) {
      throw CallFailed.unintelligible("a line of over " + maxLine + " bytes");
    }
    return null;
  }

  /** What came after the last line feed. */
  Span rest() {
    return new Span(start, limit);
  }

  /** Whether nothing but white space stands there. */
  boolean isBlank(Span line) {
    for (int i = line.start(); i < line.end(); i++) {
      if (bytes[i] > ' ' || bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }
}
