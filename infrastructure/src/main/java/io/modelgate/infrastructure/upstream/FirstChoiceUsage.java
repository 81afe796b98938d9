package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.TokenUsage;
import java.util.List;

/**
 * llama-server counts, in a reply that is not streamed, the first choice alone, and its prompt.
 * What the other choices took is nowhere to be read, so it is estimated from their length: a guess
 * that is close, where its count is not.
 */
final class FirstChoiceUsage {
  private FirstChoiceUsage() {}

  /**
   * The usage of all choices.
   *
   * @param told of the first choice
   * @param choicesPerPrompt 1 or more
   */
  static TokenUsage extrapolated(
      TokenUsage told, List<ReplyPeek.Choice> choices, long choicesPerPrompt) {
    if (choices.size() < 2) {
      return told;
    }
    long first = Math.max(choices.getFirst().size(), 1);
    long all = choices.stream().mapToLong(ReplyPeek.Choice::size).sum();
    long prompts = Math.ceilDiv(choices.size(), choicesPerPrompt);
    return new TokenUsage(
        product(told.prompt(), prompts), Math.ceilDiv(product(told.completion(), all), first));
  }

  private static long product(long one, long other) {
    long high = Math.multiplyHigh(one, other);
    return high == 0 && one * other >= 0 ? one * other : Long.MAX_VALUE;
  }
}
