package io.modelgate.infrastructure.redis;

import io.modelgate.domain.access.RateLimits;
import org.jspecify.annotations.Nullable;

/**
 * What a node tells Redis about a key, and asks. What it used is told as a sum since the node's
 * start, with the sum that Redis is known to have heard: so nothing counts twice when an answer is
 * lost.
 *
 * @param wants whether one more call is to begin, with {@code tokens}
 * @param running calls under way here
 * @param taken the tokens they have taken
 */
record Question(
    RateLimits limits, boolean wants, long tokens, long running, long taken, Used used, Used told) {
  /** What was used from leases, all in all. */
  record Used(long requests, long tokens) {
    static final Used NOTHING = new Used(0, 0);
  }

  /** As {@code lease.lua} takes them. */
  Object[] arguments(String node, long holdMillis) {
    return new Object[] {
      node,
      orUnlimited(limits.rpm()),
      orUnlimited(limits.burstInForce()),
      orUnlimited(limits.tpm()),
      orUnlimited(limits.maxConcurrent()),
      wants ? "1" : "0",
      text(tokens),
      text(running),
      text(taken),
      text(used.requests()),
      text(told.requests()),
      text(used.tokens()),
      text(told.tokens()),
      text(holdMillis)
    };
  }

  private static String orUnlimited(@Nullable Long limit) {
    return limit == null ? "-1" : text(limit);
  }

  private static String text(long number) {
    return Long.toString(number);
  }
}
