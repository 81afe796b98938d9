package io.modelgate.domain.chat;

/**
 * Tokens as the backend reported them. No call takes over {@link #MOST} of either: a backend that
 * claims more is taken for that, so that no claim can overflow the sums.
 *
 * @param prompt tokens read, 0 or more
 * @param completion tokens generated over all choices, 0 or more
 */
public record TokenUsage(long prompt, long completion) {
  /** A million million. */
  public static final long MOST = 1_000_000_000_000L;

  /** Nothing was used, or nothing was reported. */
  public static final TokenUsage NONE = new TokenUsage(0, 0);

  public TokenUsage {
    if (prompt < 0 || completion < 0) {
      throw new IllegalArgumentException(
          "token counts are 0 or more, got " + prompt + " and " + completion);
    }
    prompt = Math.min(prompt, MOST);
    completion = Math.min(completion, MOST);
  }

  public long total() {
    return prompt + completion;
  }
}
