package io.modelgate.domain.access;

import static io.modelgate.domain.access.LimitState.PARTS;

import io.modelgate.domain.access.LimitStanding.Allowance;
import io.modelgate.domain.access.RateBreach.Rule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How fast a key may call: requests and tokens a minute, and calls at the same time. For each, null
 * is unlimited and 0 allows none. In any window of W seconds at most {@code burst + rpm · W / 60}
 * requests are let through.
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

  /** When to come again if only the end of running calls can help: nobody knows when that is. */
  static final Duration SOON = Duration.ofSeconds(1);

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
    return rpm == null || rpm == 0 || burst == null ? rpm : burst;
  }

  /** Whether nothing is limited; a burst alone limits nothing. */
  public boolean areUnlimited() {
    return rpm == null && tpm == null && maxConcurrent == null;
  }

  /**
   * An equal share of the limits for each of several that enforce them without knowing of one
   * another; at least 1 of whatever is allowed at all.
   *
   * @param sharers 1 or more
   */
  public RateLimits sharedBy(int sharers) {
    return sharers == 1
        ? this
        : new RateLimits(
            share(rpm, sharers),
            share(burst, sharers),
            share(tpm, sharers),
            share(maxConcurrent, sharers));
  }

  private static @Nullable Long share(@Nullable Long limit, int sharers) {
    return limit == null || limit == 0 ? limit : Long.valueOf(Math.max(1, limit / sharers));
  }

  /** What a call that may come to {@code tokens} takes: more than all there is, is all there is. */
  public long tokensTaken(long tokens) {
    return tpm == null ? 0 : Math.min(tokens, tpm);
  }

  /**
   * Whether a call may begin. Pure; whoever keeps the state must put {@link Verdict#next} in its
   * place in the same step.
   *
   * @param tokens what the call may come to, 0 or more
   * @param now in milliseconds since the epoch
   */
  public Verdict decide(LimitState state, long tokens, long now) {
    LimitState current = state.under(this, now);
    long taken = tokensTaken(tokens);
    RateBreach worst =
        longer(longer(tooManyRequests(current), tooManyTokens(current, taken)), tooMany(current));
    return worst == null
        ? new Verdict.Pass(current.begin(taken), taken)
        : new Verdict.Refused(current, worst);
  }

  /** What a key's limits say to a call. */
  public sealed interface Verdict {
    /** What counts from now on. */
    LimitState next();

    /**
     * It may begin.
     *
     * @param taken the tokens to be given to {@link LimitState#settle} at its end
     */
    record Pass(LimitState next, long taken) implements Verdict {}

    /**
     * It would break a limit, and takes nothing.
     *
     * @param breach of the limit that keeps the call waiting longest
     */
    record Refused(LimitState next, RateBreach breach) implements Verdict {}
  }

  private @Nullable RateBreach tooManyRequests(LimitState current) {
    Long most = burstInForce();
    if (rpm == null || most == null) {
      return null;
    }
    long over = current.requests() + PARTS - most * PARTS;
    if (over <= 0) {
      return null;
    }
    long used = Math.ceilDiv(current.requests(), PARTS);
    return most == 0
        ? new RateBreach(Rule.REQUESTS, 0, used, null, Duration.ZERO)
        : new RateBreach(
            Rule.REQUESTS, rpm, used, timeToLeak(over, rpm), timeToLeak(current.requests(), rpm));
  }

  private @Nullable RateBreach tooManyTokens(LimitState current, long taken) {
    if (tpm == null) {
      return null;
    }
    if (tpm == 0) {
      return new RateBreach(Rule.TOKENS, 0, current.reserved(), null, Duration.ZERO);
    }
    long counting = current.tokens() + current.reserved() * PARTS;
    long over = counting + taken * PARTS - tpm * PARTS;
    if (over <= 0) {
      return null;
    }
    boolean timeAloneHelps = current.reserved() + taken <= tpm;
    Duration retryAfter = timeToLeak(over, tpm);
    if (!timeAloneHelps) {
      Duration leaked = timeToLeak(Math.max(0, over - current.reserved() * PARTS), tpm);
      retryAfter = leaked.compareTo(SOON) > 0 ? leaked : SOON;
    }
    return new RateBreach(
        Rule.TOKENS, tpm, Math.ceilDiv(counting, PARTS), retryAfter, timeToLeak(counting, tpm));
  }

  private @Nullable RateBreach tooMany(LimitState current) {
    if (maxConcurrent == null || current.running() < maxConcurrent) {
      return null;
    }
    return maxConcurrent == 0
        ? new RateBreach(Rule.CONCURRENCY, 0, current.running(), null, Duration.ZERO)
        : new RateBreach(Rule.CONCURRENCY, maxConcurrent, current.running(), SOON, SOON);
  }

  private static @Nullable RateBreach longer(@Nullable RateBreach one, @Nullable RateBreach other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    Duration wait = one.retryAfter();
    Duration otherWait = other.retryAfter();
    return wait == null || (otherWait != null && wait.compareTo(otherWait) >= 0) ? one : other;
  }

  /**
   * What is left. Pure.
   *
   * @param now in milliseconds since the epoch
   */
  public LimitStanding standing(LimitState state, long now) {
    LimitState current = state.under(this, now);
    return new LimitStanding(
        rpm == null ? null : allowance(burstInForce(), rpm, current.requests()),
        tpm == null ? null : allowance(tpm, tpm, current.tokens() + current.reserved() * PARTS),
        current.running());
  }

  private static Allowance allowance(@Nullable Long most, long perMinute, long counting) {
    if (most == null || most == 0) {
      return new Allowance(0, 0, null);
    }
    return new Allowance(
        most,
        Math.max(0, Math.floorDiv(most * PARTS - counting, PARTS)),
        timeToLeak(counting, perMinute));
  }

  private static Duration timeToLeak(long parts, long perMinute) {
    return Duration.ofMillis(Math.ceilDiv(parts, perMinute));
  }

  private static void check(String what, @Nullable Long limit, long most) {
    if (limit != null && (limit < 0 || limit > most)) {
      throw new IllegalArgumentException(what + " is 0 to " + most + " or null, got " + limit);
    }
  }
}
