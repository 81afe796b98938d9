package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

final class CredentialCipherTest {
  private static final ModelId MODEL = new ModelId("mdl_1");
  private static final Credential CREDENTIAL = new Credential("sk-upstream-1234");
  private static final String SECRET = "a secret of enough length";

  private final CredentialCipher cipher = CredentialCipher.of(SECRET);

  @Property(tries = 200)
  void whatWasSealedOpensAgain(
      @ForAll @StringLength(min = 1, max = 300) @CharRange(from = '!', to = '~') String secret)
      throws GeneralSecurityException {
    byte[] kept = cipher.encrypt(MODEL, new Credential(secret));

    assertThat(CredentialCipher.of(SECRET).decrypt(MODEL, kept).secret()).isEqualTo(secret);
  }

  @Property(tries = 200)
  void noChangedByteOpens(@ForAll @IntRange(max = 44) int position, @ForAll byte difference) {
    byte[] kept = cipher.encrypt(MODEL, CREDENTIAL);
    assertThat(kept).hasSize(45);
    kept[position] ^= difference == 0 ? 1 : difference;

    assertThatThrownBy(() -> cipher.decrypt(MODEL, kept))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void theSameCredentialNeverLooksTheSame() {
    assertThat(cipher.encrypt(MODEL, CREDENTIAL)).isNotEqualTo(cipher.encrypt(MODEL, CREDENTIAL));
  }

  @Test
  void theCipherTextDoesNotShowTheCredential() {
    assertThat(new String(cipher.encrypt(MODEL, CREDENTIAL), StandardCharsets.ISO_8859_1))
        .doesNotContain(CREDENTIAL.secret());
  }

  @Test
  void doesNotOpenForAnotherModel() {
    byte[] kept = cipher.encrypt(MODEL, CREDENTIAL);

    assertThatThrownBy(() -> cipher.decrypt(new ModelId("mdl_2"), kept))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void doesNotOpenWithAnotherSecret() {
    byte[] kept = cipher.encrypt(MODEL, CREDENTIAL);

    assertThatThrownBy(() -> CredentialCipher.of(SECRET + "!").decrypt(MODEL, kept))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void doesNotOpenWhatIsCutShort() {
    byte[] kept = cipher.encrypt(MODEL, CREDENTIAL);

    for (int length = 0; length < kept.length; length++) {
      byte[] cut = new byte[length];
      System.arraycopy(kept, 0, cut, 0, length);
      assertThatThrownBy(() -> cipher.decrypt(MODEL, cut))
          .isInstanceOf(GeneralSecurityException.class);
    }
  }

  @Test
  void whiteSpaceAroundTheSecretIsNoPartOfIt() throws GeneralSecurityException {
    byte[] kept = cipher.encrypt(MODEL, CREDENTIAL);

    assertThat(CredentialCipher.of(" " + SECRET + "\n").decrypt(MODEL, kept)).isEqualTo(CREDENTIAL);
  }

  @Test
  void aShortSecretIsRefused() {
    assertThatThrownBy(() -> CredentialCipher.of("fifteen chars.." + "   "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 16");
  }
}
