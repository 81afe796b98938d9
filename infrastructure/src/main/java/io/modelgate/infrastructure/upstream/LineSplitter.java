package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import org.jspecify.annotations.Nullable;

/** Cuts a stream of lines after each line feed, however the bytes come in. For one thread. */
final class LineSplitter {
  private final int maxLine;

  private final Unfinished unfinished = new Unfinished();

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
    unfinished.feed(more, 0, length);
  }

  /** What the offsets count in, until the next {@link #feed}. */
  byte[] bytes() {
    return unfinished.bytes();
  }

  /**
   * The next whole line without its line feed.
   *
   * @return where it stands; null when it has not come to its end yet
   * @throws CallFailed when it is longer than allowed
   */
  @Nullable Span next() throws CallFailed {
    while (unfinished.hasNext()) {
      byte b = unfinished.peek();
      unfinished.advance();
      if (b == '\n') {
        Span line = unfinished.cut();
        return new Span(line.start(), line.end() - 1);
      }
    }
    if (unfinished.rest().length() > maxLine) {
      throw CallFailed.unintelligible("a line of over " + maxLine + " bytes");
    }
    return null;
  }

  /** What came after the last line feed. */
  Span rest() {
    return unfinished.rest();
  }

  /** Whether nothing but white space stands there. */
  boolean isBlank(Span line) {
    byte[] bytes = unfinished.bytes();
    for (int i = line.start(); i < line.end(); i++) {
      if (bytes[i] > ' ' || bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }
}
