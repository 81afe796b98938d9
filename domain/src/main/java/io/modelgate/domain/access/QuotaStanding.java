package io.modelgate.domain.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How much of a key's quota is left at one moment.
 *
 * @param used charged in the period
 * @param reserved set aside for calls under way
 * @param resetsAt when the next period begins; null for never
 */
public record QuotaStanding(
    TokenQuota quota, long used, long reserved, @Nullable Instant resetsAt) {
  /** What may still be set aside; null when there is no limit. */
  public @Nullable Long left() {
    Long limit = quota.limit();
    return limit == null ? null : Math.max(0, Math.max(0, limit - used) - reserved);
  }
}
