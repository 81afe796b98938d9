package io.modelgate.domain.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a call itself says about how much may be generated. Numbers beyond a {@code long} stand at
 * its end.
 *
 * @param all the bounds it names, in the order in which they stand
 * @param choices {@code n}; null when it says nothing
 * @param bestOf {@code best_of}; null when it says nothing
 */
public record OutputBounds(List<Bound> all, @Nullable Long choices, @Nullable Long bestOf) {
  public static final OutputBounds NONE = new OutputBounds(List.of(), null, null);

  public OutputBounds {
    all = List.copyOf(all);
  }

  /** The names a bound can have. */
  public enum Name {
    MAX_TOKENS,
    MAX_COMPLETION_TOKENS,
    /** llama.cpp's own. */
    N_PREDICT,
    /** Ollama's own, at the top level. */
    NUM_PREDICT,
    /** Ollama's own, inside {@code options}. */
    OPTIONS_NUM_PREDICT
  }

  /**
   * One of them.
   *
   * @param tokens null when the field is there and null
   * @param at where its value stands
   */
  public record Bound(Name name, @Nullable Long tokens, Span at) {}

  public @Nullable Long maxTokens() {
    return of(Name.MAX_TOKENS);
  }

  public @Nullable Long maxCompletionTokens() {
    return of(Name.MAX_COMPLETION_TOKENS);
  }

  /** What the one of that name says; null when it is absent or null. */
  public @Nullable Long of(Name name) {
    for (Bound bound : all) {
      if (bound.name == name) {
        return bound.tokens;
      }
    }
    return null;
  }

  /** The smaller of {@code max_tokens} and {@code max_completion_tokens}, or null. */
  public @Nullable Long tokens() {
    Long maxTokens = maxTokens();
    Long maxCompletionTokens = maxCompletionTokens();
    if (maxTokens == null || maxCompletionTokens == null) {
      return maxTokens == null ? maxCompletionTokens : maxTokens;
    }
    return Math.min(maxTokens, maxCompletionTokens);
  }

  /** How many choices each prompt is to have, at least 1. */
  public long choicesPerPrompt() {
    return choices == null ? 1 : Math.max(1, choices);
  }

  /** How many the backend makes for each prompt to choose from, at least 1. */
  public long generatedPerPrompt() {
    return Math.max(choicesPerPrompt(), bestOf == null ? 1 : bestOf);
  }
}
