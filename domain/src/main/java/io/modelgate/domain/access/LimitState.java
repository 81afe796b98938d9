package io.modelgate.domain.access;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What counts against a key's {@link RateLimits} at one moment. Requests and tokens fill a bucket
 * each, which leaks at the limit's rate: GCRA in its form as a leaky bucket.
 *
 * <p>Buckets are measured in parts, {@link #PARTS} to a request or token: a limit of n a minute
 * leaks n parts in each millisecond. So nothing is ever rounded, and every figure stays below 2^53,
 * exact also where numbers are doubles, as in Redis's scripts.
 *
 * @param limits those it was counted under last
 * @param at when, in milliseconds since the epoch
 * @param requests what is in the bucket of requests, in parts
 * @param tokens what is in the bucket of tokens, in parts: what calls that have ended really used
 * @param reserved what running calls have taken, in tokens
 * @param running how many calls are under way
 * @see <a href="https://www.itu.int/rec/T-REC-I.371">ITU-T I.371: generic cell rate algorithm</a>
 */
public record LimitState(
    RateLimits limits, long at, long requests, long tokens, long reserved, long running) {
  /** One request or token; also the milliseconds of a minute. */
  public static final long PARTS = 60_000;

  /**
   * A bucket of tokens never holds more than this many times its size: a key that really used more
   * than it had asked for waits for that, but for an hour at most.
   */
  public static final long MOST_MINUTES_OWED = 60;

  /** Of a key never seen. */
  public static LimitState empty(long now) {
    return new LimitState(RateLimits.UNLIMITED, now, 0, 0, 0, 0);
  }

  /**
   * The same at another moment, under limits that may have changed. Whoever shrinks a limit finds
   * the bucket full at worst, whoever raises it finds the room. A clock that was set back leaks
   * nothing and counts from there.
   */
  LimitState under(RateLimits inForce, long now) {
    long elapsed = Math.max(0, now - at);
    Long burst = inForce.burstInForce();
    long full = burst == null ? 0 : burst * PARTS;
    long tokensKept =
        Objects.equals(limits.tpm(), inForce.tpm())
            ? tokens
            : Math.min(tokens, sizeOf(inForce.tpm()));
    return new LimitState(
        inForce,
        now,
        leak(Math.min(requests, full), inForce.rpm(), elapsed),
        leak(tokensKept, inForce.tpm(), elapsed),
        reserved,
        running);
  }

  /** With one call more under way. */
  LimitState begin(long taken) {
    return new LimitState(
        limits,
        at,
        limits.rpm() == null ? 0 : requests + PARTS,
        tokens,
        reserved + taken,
        running + 1);
  }

  /**
   * With one call less: gives back what it had taken and charges what it really used, which leaks
   * from now on.
   *
   * @param taken as {@link RateLimits.Verdict.Pass} said
   * @param used 0 or more
   */
  public LimitState settle(long taken, long used, long now) {
    LimitState current = under(limits, now);
    long most = MOST_MINUTES_OWED * sizeOf(limits.tpm());
    long charge = Math.min(used, most / PARTS) * PARTS;
    return new LimitState(
        limits,
        now,
        current.requests,
        Math.min(current.tokens + charge, most),
        Math.max(0, reserved - taken),
        Math.max(0, running - 1));
  }

  /** Whether forgetting it changes nothing. */
  public boolean isEmpty(long now) {
    LimitState current = under(limits, now);
    return current.requests == 0
        && current.tokens == 0
        && current.reserved == 0
        && current.running == 0;
  }

  private static long sizeOf(@Nullable Long limit) {
    return limit == null ? 0 : limit * PARTS;
  }

  private static long leak(long level, @Nullable Long perMinute, long elapsed) {
    if (perMinute == null || perMinute == 0 || level == 0) {
      return 0;
    }
    return elapsed >= Math.ceilDiv(level, perMinute.longValue()) ? 0 : level - elapsed * perMinute;
  }
}
