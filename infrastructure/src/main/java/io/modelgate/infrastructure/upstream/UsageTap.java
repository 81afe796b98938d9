package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.TokenUsage;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes one count out of what a backend reports along a reply. Usage in events of its own is added
 * up, the prompt counted once: llama-server sends one for each choice. Usage on events with a
 * choice counts that choice and its prompt so far, as vLLM's {@code continuous_usage_stats} does
 * and llama-server where it finishes a completion; the last one of each choice stands, and only
 * while there is none of the other sort. Zeros say nothing.
 */
final class UsageTap {
  private final Map<Long, TokenUsage> byChoice = new HashMap<>();
  private final long choicesPerPrompt;
  private @Nullable TokenUsage separate;

  /**
   * For one reply.
   *
   * @param choicesPerPrompt how many choices each prompt was to have; 1 or more
   */
  UsageTap(long choicesPerPrompt) {
    this.choicesPerPrompt = choicesPerPrompt;
  }

  void see(ReplyPeek peek) {
    TokenUsage told = peek.usage();
    if (told == null || told.equals(TokenUsage.NONE)) {
      return;
    }
    if (peek.choices().isEmpty()) {
      separate = separate == null ? told : together(separate, told);
    } else {
      byChoice.put(peek.choices().getFirst().index(), told);
    }
  }

  TokenUsage usage() {
    if (separate != null) {
      return separate;
    }
    TokenUsage all = byChoice.values().stream().reduce(TokenUsage.NONE, UsageTap::together);
    long prompts =
        byChoice.values().stream().mapToLong(TokenUsage::prompt).reduce(0, UsageTap::sum);
    return new TokenUsage(
        Math.max(all.prompt(), Math.ceilDiv(prompts, choicesPerPrompt)),
        all.completion(),
        all.cached(),
        all.reasoning());
  }

  private static TokenUsage together(TokenUsage one, TokenUsage other) {
    return new TokenUsage(
        Math.max(one.prompt(), other.prompt()),
        sum(one.completion(), other.completion()),
        Math.max(one.cached(), other.cached()),
        sum(one.reasoning(), other.reasoning()));
  }

  private static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
  }
}
