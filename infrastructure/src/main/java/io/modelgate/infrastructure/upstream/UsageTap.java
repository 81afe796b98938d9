package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.TokenUsage;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes one count out of what a backend reports along a reply. Usage in events of its own is added
 * up, the prompt counted once: llama-server sends one for each choice. Usage on events with a
 * choice counts that choice so far, as vLLM's {@code continuous_usage_stats} does; the last one of
 * each choice stands, and only while there is none of the other sort. Zeros say nothing.
 */
final class UsageTap {
  private final Map<Long, TokenUsage> byChoice = new HashMap<>();
  private @Nullable TokenUsage separate;

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
    return byChoice.values().stream().reduce(TokenUsage.NONE, UsageTap::together);
  }

  private static TokenUsage together(TokenUsage one, TokenUsage other) {
    long completion = one.completion() + other.completion();
    return new TokenUsage(
        Math.max(one.prompt(), other.prompt()), completion < 0 ? Long.MAX_VALUE : completion);
  }
}
