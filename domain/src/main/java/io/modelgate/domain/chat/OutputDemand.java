package io.modelgate.domain.chat;

import org.jspecify.annotations.Nullable;

/**
 * How much a call asks its backend to generate.
 *
 * @param sequences all choices of all prompts; 0 for embeddings
 * @param bound how many tokens each may have at most, as far as that backend obeys; null when
 *     nothing keeps it from going on
 */
public record OutputDemand(long sequences, @Nullable Long bound) {
  /** Of a call that generates nothing. */
  public static final OutputDemand NOTHING = new OutputDemand(0, 0L);

  public OutputDemand {
    if (sequences < 0 || (bound != null && bound < 0)) {
      throw new IllegalArgumentException("a demand is 0 or more, got " + sequences + " x " + bound);
    }
  }
}
