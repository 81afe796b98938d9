package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.TokenUsage;
import java.util.ArrayList;
import java.util.List;

/**
 * What the echo says: for the same request always the same.
 *
 * @param choices those of the first prompt, then those of the next
 */
record EchoReply(List<Choice> choices, TokenUsage usage) {
  private static final String WHO = "This is ModelGate's built-in echo; no model was called. ";

  /** Characters of what was said that are said back; {@code n} multiplies them. */
  private static final int MOST_CHARACTERS = 16_384;

  /**
   * One of the answers.
   *
   * @param words the tokens, see {@link EchoWords}
   * @param finishReason {@code stop}, or {@code length} when it was cut at the tokens allowed
   */
  record Choice(List<String> words, String finishReason) {
    String text() {
      return String.join("", words);
    }
  }

  static EchoReply to(EchoRequest.Said said) {
    var choices = new ArrayList<Choice>();
    long tokens = 0;
    for (String prompt : said.prompts()) {
      Choice choice = choice(prompt, said.mostTokens());
      for (int i = 0; i < said.choices(); i++) {
        choices.add(choice);
        tokens += choice.words().size();
      }
    }
    return new EchoReply(List.copyOf(choices), new TokenUsage(said.promptTokens(), tokens));
  }

  private static Choice choice(String prompt, long mostTokens) {
    List<String> words =
        EchoWords.of(WHO + (prompt.isBlank() ? "You said nothing." : back(prompt)));
    return words.size() <= mostTokens
        ? new Choice(words, "stop")
        : new Choice(words.subList(0, (int) mostTokens), "length");
  }

  private static String back(String prompt) {
    if (prompt.length() <= MOST_CHARACTERS) {
      return "You said: " + prompt;
    }
    int end = MOST_CHARACTERS;
    if (Character.isHighSurrogate(prompt.charAt(end - 1))) {
      end--;
    }
    return "You said: " + prompt.substring(0, end) + "…";
  }
}
