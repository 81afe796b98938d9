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

  /** Those that may wait there as long as there is no good place to cut. */
  private static final int MOST_WITHOUT_BREAK = 512;

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
    if (bytes == 0) {
      return true;
    }
    waitingBytes += bytes;
    boolean near = counted + waitingBytes > budget.granted();
    if (near && !budget.allows(tokens())) {
      remove(pieces, bytes);
      return false;
    }
    for (StringBuilder text : waiting.values()) {
      if (text.length() >= (near ? FEW_WAITING : MOST_WAITING)) {
        shorten(text);
      }
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

  /**
   * Counts the text for good, up to its last break. What comes out of {@link #tokens} stays the
   * same: the budget has allowed that, and not one token more.
   */
  private void shorten(StringBuilder text) {
    int end = TokenBreaks.lastIn(text, 0, text.length());
    if (end == 0) {
      if (text.length() < MOST_WITHOUT_BREAK) {
        return;
      }
      end = text.length();
    }
    counted += counter.count(text);
    waitingBytes -= utf8Length(text.substring(0, end));
    text.delete(0, end);
    counted -= counter.count(text);
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
