package io.modelgate.domain.access;

import org.jspecify.annotations.Nullable;

/**
 * How many tokens, prompt and completion together, a key may use in its life.
 *
 * @param limit 0 or more; 0 allows none, null is unlimited
 */
public record TokenQuota(@Nullable Long limit) {
  public static final TokenQuota UNLIMITED = new TokenQuota(null);

  public TokenQuota {
    if (limit != null && limit < 0) {
      throw new IllegalArgumentException(
          "a token quota is 0 or more, or none at all, got " + limit);
    }
  }

  public static TokenQuota of(long limit) {
    return new TokenQuota(limit);
  }

  /** Whether a key that has used {@code used} tokens may begin another call. */
  public boolean allowsAfter(long used) {
    return limit == null || used < limit;
  }
}
