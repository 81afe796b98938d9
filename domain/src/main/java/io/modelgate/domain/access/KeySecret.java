package io.modelgate.domain.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * All that is kept of what opens a key.
 *
 * @param prefix the first characters of the secret, for recognition in the panel; never logged
 * @param former the one before the last rotation; null when there was none, or it was given no
 *     grace
 */
public record KeySecret(String prefix, SecretHash hash, @Nullable Former former) {
  private static final int SHOWN_CHARACTERS = 10;

  /** The only one, so far. */
  public static KeySecret of(String secret) {
    return new KeySecret(
        secret.substring(0, Math.min(SHOWN_CHARACTERS, secret.length())),
        SecretHash.of(secret),
        null);
  }

  /**
   * Another takes its place.
   *
   * @param until this one works until then; null for no longer
   */
  public KeySecret replacedBy(String secret, @Nullable Instant until) {
    KeySecret next = of(secret);
    return until == null ? next : new KeySecret(next.prefix, next.hash, new Former(hash, until));
  }

  /** Whether that secret opens the key at {@code now}. Pure. */
  public boolean accepts(SecretHash presented, Instant now) {
    return hash.equals(presented)
        || (former != null && former.hash.equals(presented) && now.isBefore(former.until));
  }

  /** Whether that secret is the former one, accepted or not. Pure. */
  public boolean isFormer(SecretHash presented) {
    return !hash.equals(presented) && former != null && former.hash.equals(presented);
  }

  /** Until when the former secret works; null when none does. Pure. */
  public @Nullable Instant formerWorksUntil(Instant now) {
    return former != null && now.isBefore(former.until) ? former.until : null;
  }

  /**
   * A secret that was replaced.
   *
   * @param until the first instant at which it no longer works
   */
  public record Former(SecretHash hash, Instant until) {}
}
