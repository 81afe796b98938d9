package io.modelgate.domain.chat;

/**
 * Tokens of one call. No call takes over {@link #MOST} of either: a backend that claims more is
 * taken for that, so that no claim can overflow the sums.
 *
 * @param prompt tokens read, 0 or more
 * @param completion tokens generated over all choices, 0 or more
 * @param cached how many of {@code prompt} the backend had read before; 0 where it does not say
 * @param reasoning how many of {@code completion} were thinking; 0 where the backend does not say
 */
public record TokenUsage(long prompt, long completion, long cached, long reasoning) {
  /** A million million. */
  public static final long MOST = 1_000_000_000_000L;

  /** Nothing was used, or nothing was reported. */
  public static final TokenUsage NONE = new TokenUsage(0, 0);

  public TokenUsage {
    if (prompt < 0 || completion < 0 || cached < 0 || reasoning < 0) {
      throw new IllegalArgumentException(
          "token counts are 0 or more, got %d, %d, %d and %d"
              .formatted(prompt, completion, cached, reasoning));
    }
    prompt = Math.min(prompt, MOST);
    completion = Math.min(completion, MOST);
    cached = Math.min(cached, prompt);
    reasoning = Math.min(reasoning, completion);
  }

  /** Without details. */
  public TokenUsage(long prompt, long completion) {
    this(prompt, completion, 0, 0);
  }

  public long total() {
    return prompt + completion;
  }

  /** These tokens, and who counted them. */
  public Metered by(UsageSource source) {
    return new Metered(this, source);
  }

  /** Tokens to be charged. */
  public record Metered(TokenUsage tokens, UsageSource source) {
    /** Nothing happened that costs. */
    public static final Metered NOTHING = new Metered(NONE, UsageSource.ESTIMATE);
  }
}
