package io.modelgate.domain.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SecretHashTest {
  /** FIPS 180-4's own example. */
  private static final String SHA_256_OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void isSha256OfTheUtf8Bytes() {
    assertThat(HexFormat.of().formatHex(SecretHash.of("abc").digest())).isEqualTo(SHA_256_OF_ABC);
    assertThat(SecretHash.of("ä")).isNotEqualTo(SecretHash.of("a"));
  }

  @Test
  void comesBackFromTheStoreEqual() {
    SecretHash hash = SecretHash.of("abc");

    SecretHash restored = SecretHash.ofDigest(hash.digest());

    assertThat(restored).isEqualTo(hash).hasSameHashCodeAs(hash);
    assertThat(restored).isNotEqualTo(SecretHash.of("abd")).isNotEqualTo("abc");
  }

  @Test
  void sharesItsBytesWithNobody() {
    byte[] given = SecretHash.of("abc").digest();
    SecretHash hash = SecretHash.ofDigest(given);

    given[0]++;
    hash.digest()[1]++;

    assertThat(hash).isEqualTo(SecretHash.of("abc"));
  }

  @Test
  void refusesADigestOfAnotherLength() {
    assertThatIllegalArgumentException().isThrownBy(() -> SecretHash.ofDigest(new byte[31]));
    assertThatIllegalArgumentException().isThrownBy(() -> SecretHash.ofDigest(new byte[33]));
  }

  @Test
  void cannotBePrintedByAccident() {
    assertThat(SecretHash.of("abc")).hasToString("SecretHash");
  }
}
