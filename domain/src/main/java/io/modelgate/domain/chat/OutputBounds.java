package io.modelgate.domain.chat;

import java.util.stream.Stream;
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
    return Stream.of(this)
        .flatMap(
            bounds ->
                Stream.concat(Stream.ofNullable(maxTokens), Stream.ofNullable(maxCompletionTokens)))
        .min(Long::compare)
        .orElse(null);
  }
}
