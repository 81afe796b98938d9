package io.modelgate.domain.routing;

/**
 * What the gateway shows to a backend to be let in. Kept encrypted; {@link #toString()} never shows
 * it.
 *
 * @param secret 1 to 4096 visible ASCII characters, so that it can stand in a header
 */
public record Credential(String secret) {
  public Credential {
    if (!isValid(secret)) {
      throw new IllegalArgumentException("a credential has 1 to 4096 visible ASCII characters");
    }
  }

  public static boolean isValid(String secret) {
    return !secret.isEmpty()
        && secret.length() <= 4096
        && secret.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  @Override
  public String toString() {
    return "Credential";
  }
}
