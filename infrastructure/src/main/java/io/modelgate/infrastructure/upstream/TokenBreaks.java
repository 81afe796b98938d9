package io.modelgate.infrastructure.upstream;

/**
 * Finds where a text can be cut so that its parts have as many tokens as the whole. OpenAI's
 * tokenizers first split a text into words, and look for tokens within each; no word of theirs goes
 * across these places. There are others, which are not needed.
 */
final class TokenBreaks {
  private TokenBreaks() {}

  /**
   * The last such place.
   *
   * @return above {@code from} and below {@code to}; {@code from} when there is none
   */
  static int lastIn(CharSequence text, int from, int to) {
    for (int at = to - 1; at > from; at--) {
      if (isBetween(text.charAt(at - 1), text.charAt(at))) {
        return at;
      }
    }
    return from;
  }

  private static boolean isBetween(char before, char after) {
    return after == ' ' ? !isWhiteSpace(before) : Character.isLetter(before) && endsAWord(after);
  }

  /** A word takes accents of its last letter, and 's and the like; half a character may be all. */
  private static boolean endsAWord(char after) {
    return !Character.isLetter(after)
        && !Character.isSurrogate(after)
        && after != '\''
        && switch (Character.getType(after)) {
          case Character.NON_SPACING_MARK,
              Character.ENCLOSING_MARK,
              Character.COMBINING_SPACING_MARK ->
              false;
          default -> true;
        };
  }

  private static boolean isWhiteSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }
}
