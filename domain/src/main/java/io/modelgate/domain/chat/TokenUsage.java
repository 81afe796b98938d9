package io.modelgate.domain.chat;

/**
 * Tokens as the backend reported them.
 *
 * @param prompt tokens read, 0 or more
 * @param completion tokens generated over all choices, 0 or more
 */
public record TokenUsage(long prompt, long completion) {
  /** Nothing was used, or nothing was reported. */
  public static final TokenUsage NONE = new TokenUsage(0, 0);

  public TokenUsage {
    if (prompt < 0 || completion < 0) {
      throw new IllegalArgumentException(
          "token counts are 0 or more, got " + prompt + " and " + completion);
    }
  }

  public long total() {
    long sum = prompt + completion;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }
}
