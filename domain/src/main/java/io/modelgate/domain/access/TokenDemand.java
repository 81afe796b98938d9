package io.modelgate.domain.access;

import org.jspecify.annotations.Nullable;

/**
 * How many tokens a call may come to, before anything is known but what it asks for.
 *
 * @param prompt an estimate of the tokens it sends, 0 or more
 * @param sequences how many texts are to be generated, all choices of all prompts; 0 for embeddings
 * @param outputPerSequence how long each may become: what the call itself allows, else what is
 *     assumed; 0 or more
 */
public record TokenDemand(long prompt, long sequences, long outputPerSequence) {
  public TokenDemand {
    if (prompt < 0 || sequences < 0 || outputPerSequence < 0) {
      throw new IllegalArgumentException(
          "a demand is 0 or more, got %d + %d x %d"
              .formatted(prompt, sequences, outputPerSequence));
    }
  }

  /** All of it; {@link Long#MAX_VALUE} when it is more than that. */
  public long total() {
    long high = Math.multiplyHigh(sequences, outputPerSequence);
    long output = sequences * outputPerSequence;
    return high != 0 || output < 0 || output > Long.MAX_VALUE - prompt
        ? Long.MAX_VALUE
        : prompt + output;
  }

  /**
   * What is to be set aside for a call.
   *
   * @param tokens prompt and output together
   * @param cap what each sequence must be kept to, for there is not enough left for what was asked;
   *     null to leave the call as it is
   */
  public record Grant(long tokens, @Nullable Long cap) {}
}
