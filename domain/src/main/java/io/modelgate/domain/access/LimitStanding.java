package io.modelgate.domain.access;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a key's rate limits at one moment; null where there is no limit.
 *
 * @param running calls under way, as far as is known here
 */
public record LimitStanding(
    @Nullable Allowance requests, @Nullable Allowance tokens, long running) {
  /** Of a key without limits. */
  public static final LimitStanding UNLIMITED = new LimitStanding(null, null, 0);

  /**
   * What is left of one limit.
   *
   * @param limit what may be used when nothing counts against it
   * @param remaining what may be used now, 0 to {@code limit}
   * @param reset how long until all of it may be used, if nothing is used meanwhile; null for never
   */
  public record Allowance(long limit, long remaining, @Nullable Duration reset) {}
}
