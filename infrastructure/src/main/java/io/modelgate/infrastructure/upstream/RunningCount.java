package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.OutputBudget;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the tokens of a reply from its text as it passes, and holds it to its budget. A text has
 * at most as many tokens as bytes: only when there are more bytes than the budget has tokens left
 * is it worth counting. For one reply and one thread.
 */
final class RunningCount {
  /** Characters of one choice that may wait for being counted. */
  private static final int MOST_WAITING = 8 * 1024;

  /** Those that may wait near the budget's end, where each piece is counted. */
  private static final int FEW_WAITING = 64;

  private final Tokenizer.Counter counter;
  private final Map<Long, StringBuilder> waiting = new HashMap<>(2);
  private long waitingBytes;
  private long counted;

  RunningCount(Tokenizer.Counter counter) {
    this.counter = counter;
  }

  /**
   * A piece of a reply.
   *
   * @param choice which one grows
   */
  record Piece(long choice, String text) {}

  /**
   * Adds what came, if the budget allows it.
   *
   * @return whether it did; if not, nothing is added
   */
  boolean add(List<Piece> pieces, OutputBudget budget) {
    long bytes = 0;
    for (Piece piece : pieces) {
      if (!piece.text().isEmpty()) {
        waiting.computeIfAbsent(piece.choice(), _ -> new StringBuilder()).append(piece.text());
        bytes += utf8Length(piece.text());
      }
    }
    waitingBytes += bytes;
    boolean near = bytes > 0 && counted + waitingBytes > budget.granted();
    if (near && !budget.allows(tokens())) {
      remove(pieces, bytes);
      return false;
    }
    for (StringBuilder text : waiting.values()) {
      shorten(text, near ? FEW_WAITING : MOST_WAITING);
    }
    return true;
  }

  private void remove(List<Piece> pieces, long bytes) {
    for (Piece piece : pieces) {
      StringBuilder text = waiting.get(piece.choice());
      if (text != null) {
        text.setLength(text.length() - piece.text().length());
      }
    }
    waitingBytes -= bytes;
  }

  /** All tokens that were added, over all choices. */
  long tokens() {
    long tokens = counted;
    for (StringBuilder text : waiting.values()) {
      tokens += counter.count(text);
    }
    return tokens;
  }

  boolean isEmpty() {
    return counted == 0 && waitingBytes == 0;
  }

  /** Counts what is long enough for good, up to where a word ends. */
  private void shorten(StringBuilder text, int most) {
    if (text.length() < most) {
      return;
    }
    int end = text.length() - 1;
    while (end > 0 && !(text.charAt(end) == ' ' && text.charAt(end - 1) != ' ')) {
      end--;
    }
    if (end == 0) {
      end = text.length();
    }
    String passed = text.substring(0, end);
    text.delete(0, end);
    counted += counter.count(passed);
    waitingBytes -= utf8Length(passed);
  }

  private static long utf8Length(String text) {
    long length = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        length += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return length;
  }
}
