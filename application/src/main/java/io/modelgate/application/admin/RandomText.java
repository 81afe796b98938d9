package io.modelgate.application.admin;

import java.util.Base64;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** Random bytes as text. Thread-safe when its generator is. */
final class RandomText {
  private final RandomGenerator random;

  RandomText(RandomGenerator random) {
    this.random = random;
  }

  /** 96 bits: two ids of one installation never meet. */
  String id(String prefix) {
    return prefix + HexFormat.of().formatHex(bytes(12));
  }

  /** 256 bits as 43 characters of the URL-safe base64 alphabet. */
  String secret(String prefix) {
    return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(32));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
