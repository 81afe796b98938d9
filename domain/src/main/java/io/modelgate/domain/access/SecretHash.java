package io.modelgate.domain.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * SHA-256 of an API key: all that is kept of it. Compared in constant time. {@link #toString()}
 * prints the class name only, so that no log can carry a hash by accident.
 */
public final class SecretHash {
  private static final int LENGTH = 32;
  private final byte[] digest;

  private SecretHash(byte[] digest) {
    this.digest = digest;
  }

  /** Hashes the UTF-8 bytes of {@code secret}. */
  public static SecretHash of(String secret) {
    try {
      return new SecretHash(
          MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * A hash read back from where it was kept.
   *
   * @param digest 32 bytes, copied
   */
  public static SecretHash ofDigest(byte[] digest) {
    if (digest.length != LENGTH) {
      throw new IllegalArgumentException("a SHA-256 digest has 32 bytes, got " + digest.length);
    }
    return new SecretHash(digest.clone());
  }

  /** The 32 bytes, a copy; for the store. */
  public byte[] digest() {
    return digest.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecretHash that && MessageDigest.isEqual(digest, that.digest);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(digest);
  }

  @Override
  public String toString() {
    return "SecretHash";
  }
}
