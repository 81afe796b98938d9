package io.modelgate.domain.access;

import org.jspecify.annotations.Nullable;

/**
 * How fast a key may call: requests and tokens a minute, and calls at the same time. For each, null
 * is unlimited and 0 allows none.
 *
 * @param rpm requests a minute on average, 0 to {@link #MAX_RPM}
 * @param burst how many of them may come at once, 0 to {@link #MAX_RPM}; null for as many as {@code
 *     rpm}
 * @param tpm tokens a minute, prompt and completion together, 0 to {@link #MAX_TPM}
 * @param maxConcurrent calls at the same time, 0 to {@link #MAX_CONCURRENT}
 */
public record RateLimits(
    @Nullable Long rpm, @Nullable Long burst, @Nullable Long tpm, @Nullable Long maxConcurrent) {
  public static final long MAX_RPM = 1_000_000;
  public static final long MAX_TPM = 1_000_000_000;
  public static final long MAX_CONCURRENT = 1_000_000;

  public static final RateLimits UNLIMITED = new RateLimits(null, null, null, null);

  public RateLimits {
    check("rpm", rpm, MAX_RPM);
    check("burst", burst, MAX_RPM);
    check("tpm", tpm, MAX_TPM);
    check("max concurrent", maxConcurrent, MAX_CONCURRENT);
  }

  /** Only so many requests a minute, all of them at once if need be. */
  public static RateLimits ofRequests(long rpm) {
    return new RateLimits(rpm, null, null, null);
  }

  /** How many requests may come at once; null when requests are not limited. */
  public @Nullable Long burstInForce() {
    return rpm == null || burst == null ? rpm : burst;
  }

  private static void check(String what, @Nullable Long limit, long most) {
    if (limit != null && (limit < 0 || limit > most)) {
      throw new IllegalArgumentException(what + " is 0 to " + most + " or null, got " + limit);
    }
  }
}
