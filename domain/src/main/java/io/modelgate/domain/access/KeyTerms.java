package io.modelgate.domain.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator says of a key.
 *
 * @param name 1 to 200 characters
 * @param note for administrators alone; null for none
 * @param tier what its calls count for where calls wait
 * @param expiresAt the first instant at which the key no longer works; null for never
 */
public record KeyTerms(
    String name,
    @Nullable String note,
    TokenQuota quota,
    RateLimits limits,
    KeyScope scope,
    Tier tier,
    boolean enabled,
    @Nullable Instant expiresAt) {
  public static final int MAX_NAME_LENGTH = 200;
  public static final int MAX_NOTE_LENGTH = 2_000;

  public KeyTerms {
    if (name.isBlank() || name.length() > MAX_NAME_LENGTH) {
      throw new IllegalArgumentException("a key's name has 1 to 200 characters");
    }
    if (note != null && note.length() > MAX_NOTE_LENGTH) {
      throw new IllegalArgumentException("a key's note has 2,000 characters at most");
    }
  }

  /** Those of a key that may do anything. */
  public static KeyTerms unlimited(String name) {
    return new KeyTerms(
        name,
        null,
        TokenQuota.UNLIMITED,
        RateLimits.UNLIMITED,
        KeyScope.ANYTHING,
        Tier.FREE,
        true,
        null);
  }

  public KeyTerms withName(String newName) {
    return new KeyTerms(newName, note, quota, limits, scope, tier, enabled, expiresAt);
  }

  public KeyTerms withQuota(TokenQuota newQuota) {
    return new KeyTerms(name, note, newQuota, limits, scope, tier, enabled, expiresAt);
  }

  public KeyTerms withLimits(RateLimits newLimits) {
    return new KeyTerms(name, note, quota, newLimits, scope, tier, enabled, expiresAt);
  }

  public KeyTerms withScope(KeyScope newScope) {
    return new KeyTerms(name, note, quota, limits, newScope, tier, enabled, expiresAt);
  }

  public KeyTerms withTier(Tier newTier) {
    return new KeyTerms(name, note, quota, limits, scope, newTier, enabled, expiresAt);
  }

  public KeyTerms withEnabled(boolean nowEnabled) {
    return new KeyTerms(name, note, quota, limits, scope, tier, nowEnabled, expiresAt);
  }

  public KeyTerms withExpiry(@Nullable Instant newExpiry) {
    return new KeyTerms(name, note, quota, limits, scope, tier, enabled, newExpiry);
  }
}
