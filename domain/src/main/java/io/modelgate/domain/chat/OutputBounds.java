package io.modelgate.domain.chat;

import org.jspecify.annotations.Nullable;

/**
 * What a call itself says about how much may be generated; null where it says nothing. Numbers
 * beyond a {@code long} stand at its end.
 *
 * @param choices {@code n}
 */
public record OutputBounds(
    @Nullable Long maxTokens, @Nullable Long maxCompletionTokens, @Nullable Long choices) {
  public static final OutputBounds NONE = new OutputBounds(null, null, null);

  /** The smaller of the bounds named, or null. */
  public @Nullable Long tokens() {
    if (maxTokens == null || maxCompletionTokens == null) {
      return maxTokens == null ? maxCompletionTokens : maxTokens;
    }
    return Math.min(maxTokens, maxCompletionTokens);
  }
}
