package io.modelgate.domain.access;

/**
 * Names a key in logs, in the store and in the admin API. Says nothing about the secret.
 *
 * @param value 1 to 64 characters, e.g. {@code key_9f2c…}
 */
public record KeyId(String value) {
  public static final int MAX_LENGTH = 64;

  public KeyId {
    if (value.isEmpty() || value.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("a key id has 1 to 64 characters, got " + value.length());
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
