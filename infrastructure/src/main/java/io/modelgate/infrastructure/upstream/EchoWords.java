package io.modelgate.infrastructure.upstream;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The echo's tokens: a token is one word, a run of characters other than ASCII white space, with
 * the white space before it; the last one also has what follows it. So the tokens of a text in a
 * row are the text, and their number does not hang on how it is written.
 */
final class EchoWords {
  private static final Pattern WORD = Pattern.compile("\\s*+\\S++(?:\\s++\\z)?+");

  private EchoWords() {}

  /** The tokens of a text, in order; none when it holds only white space. */
  static List<String> of(String text) {
    return WORD.matcher(text).results().map(MatchResult::group).toList();
  }

  /** How many tokens a text has. */
  static long count(String text) {
    return WORD.matcher(text).results().count();
  }
}
