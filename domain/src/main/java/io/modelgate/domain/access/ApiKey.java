package io.modelgate.domain.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A client's key as the gateway keeps it: never the secret, only its hash and the first characters
 * for recognition.
 *
 * @param name chosen by the administrator, 1 to 200 characters
 * @param prefix the first characters of the secret, for recognition in the panel; never logged
 * @param tier what its calls count for where calls wait
 * @param expiresAt the first instant at which the key no longer works; null for never
 */
public record ApiKey(
    KeyId id,
    String name,
    String prefix,
    SecretHash hash,
    TokenQuota quota,
    RateLimits limits,
    Tier tier,
    boolean enabled,
    @Nullable Instant expiresAt,
    Instant createdAt,
    Instant updatedAt) {
  public static final int MAX_NAME_LENGTH = 200;

  public ApiKey {
    if (name.isBlank() || name.length() > MAX_NAME_LENGTH) {
      throw new IllegalArgumentException("a key's name has 1 to 200 characters");
    }
  }

  /** Whether the key works at {@code now}, and if not, why. Pure. */
  public Standing standing(Instant now) {
    if (!enabled) {
      return Standing.DISABLED;
    }
    return expiresAt != null && !now.isBefore(expiresAt) ? Standing.EXPIRED : Standing.GOOD;
  }

  public ApiKey withName(String newName) {
    return new ApiKey(
        id, newName, prefix, hash, quota, limits, tier, enabled, expiresAt, createdAt, updatedAt);
  }

  public ApiKey withQuota(TokenQuota newQuota) {
    return new ApiKey(
        id, name, prefix, hash, newQuota, limits, tier, enabled, expiresAt, createdAt, updatedAt);
  }

  public ApiKey withLimits(RateLimits newLimits) {
    return new ApiKey(
        id, name, prefix, hash, quota, newLimits, tier, enabled, expiresAt, createdAt, updatedAt);
  }

  public ApiKey withTier(Tier newTier) {
    return new ApiKey(
        id, name, prefix, hash, quota, limits, newTier, enabled, expiresAt, createdAt, updatedAt);
  }

  public ApiKey withEnabled(boolean nowEnabled) {
    return new ApiKey(
        id, name, prefix, hash, quota, limits, tier, nowEnabled, expiresAt, createdAt, updatedAt);
  }

  public ApiKey withExpiry(@Nullable Instant newExpiry) {
    return new ApiKey(
        id, name, prefix, hash, quota, limits, tier, enabled, newExpiry, createdAt, updatedAt);
  }

  public ApiKey changedAt(Instant instant) {
    return new ApiKey(
        id, name, prefix, hash, quota, limits, tier, enabled, expiresAt, createdAt, instant);
  }

  /** Whether a key works. */
  public enum Standing {
    GOOD,
    DISABLED,
    EXPIRED
  }
}
