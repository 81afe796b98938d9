package io.modelgate.domain.access;

import java.time.Instant;
import java.util.function.UnaryOperator;

/**
 * A client's key as the gateway keeps it: never the secret, only its hash and the first characters
 * for recognition.
 *
 * @param terms what the administrator says of it
 */
public record ApiKey(
    KeyId id, KeySecret secret, KeyTerms terms, Instant createdAt, Instant updatedAt) {
  /**
   * The key that counts the administrator's own calls from the panel. No secret opens it, so nobody
   * can call with it from elsewhere.
   */
  public static final KeyId PLAYGROUND = new KeyId("key_admin-playground");

  /** Whether it is part of the gateway: not to be deleted, disabled or given a secret. */
  public boolean isBuiltIn() {
    return id.equals(PLAYGROUND);
  }

  /** Whether the key works at {@code now}, and if not, why. Pure. */
  public Standing standing(Instant now) {
    if (!terms.enabled()) {
      return Standing.DISABLED;
    }
    Instant expiresAt = terms.expiresAt();
    return expiresAt != null && !now.isBefore(expiresAt) ? Standing.EXPIRED : Standing.GOOD;
  }

  /** The key with its terms changed. */
  public ApiKey on(UnaryOperator<KeyTerms> change) {
    return new ApiKey(id, secret, change.apply(terms), createdAt, updatedAt);
  }

  /** The key with its secret changed. */
  public ApiKey opening(UnaryOperator<KeySecret> change) {
    return new ApiKey(id, change.apply(secret), terms, createdAt, updatedAt);
  }

  public ApiKey changedAt(Instant instant) {
    return new ApiKey(id, secret, terms, createdAt, instant);
  }

  /** Whether a key works. */
  public enum Standing {
    GOOD,
    DISABLED,
    EXPIRED
  }
}
