package io.modelgate.infrastructure.store;

import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts upstream credentials for the disk: AES-256-GCM, a random nonce each time, bound to the
 * model's id so that a value copied to another row does not open. The key is SHA-256 of a label and
 * the secret: no slow derivation, since the secret is meant to be random and not a password.
 *
 * <p>Kept as: one byte 1, the nonce of 12 bytes, cipher text with its tag of 16 bytes. Immutable.
 */
final class CredentialCipher {
  static final int MIN_SECRET_LENGTH = 16;
  private static final byte FORMAT = 1;
  private static final int NONCE_LENGTH = 12;
  private static final int TAG_BITS = 128;

  private final SecretKey key;
  private final SecureRandom random = new SecureRandom();

  private CredentialCipher(SecretKey key) {
    this.key = key;
  }

  /**
   * A cipher for a secret; the same text gives the same key, white space around it aside.
   *
   * @throws IllegalArgumentException when it is shorter than {@link #MIN_SECRET_LENGTH}
   */
  static CredentialCipher of(String secret) {
    String stripped = secret.strip();
    if (stripped.length() < MIN_SECRET_LENGTH) {
      throw new IllegalArgumentException(
          "a secret key has at least %d characters, got %d"
              .formatted(MIN_SECRET_LENGTH, stripped.length()));
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(("modelgate credentials\n" + stripped).getBytes(StandardCharsets.UTF_8));
      return new CredentialCipher(new SecretKeySpec(digest, "AES"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  byte[] encrypt(ModelId owner, Credential credential) {
    byte[] nonce = new byte[NONCE_LENGTH];
    random.nextBytes(nonce);
    try {
      byte[] sealed =
          cipher(Cipher.ENCRYPT_MODE, owner, nonce)
              .doFinal(credential.secret().getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.allocate(1 + NONCE_LENGTH + sealed.length)
          .put(FORMAT)
          .put(nonce)
          .put(sealed)
          .array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  /**
   * Opens what {@link #encrypt} sealed.
   *
   * @throws GeneralSecurityException when it was sealed with another key or for another model, or
   *     was changed since
   */
  Credential decrypt(ModelId owner, byte[] kept) throws GeneralSecurityException {
    if (kept.length <= 1 + NONCE_LENGTH || kept[0] != FORMAT) {
      throw new GeneralSecurityException("not an encrypted credential");
    }
    byte[] nonce = new byte[NONCE_LENGTH];
    ByteBuffer.wrap(kept).get(1, nonce);
    int start = 1 + NONCE_LENGTH;
    byte[] plain =
        cipher(Cipher.DECRYPT_MODE, owner, nonce).doFinal(kept, start, kept.length - start);
    return new Credential(new String(plain, StandardCharsets.UTF_8));
  }

  private Cipher cipher(int mode, ModelId owner, byte[] nonce) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(owner.value().getBytes(StandardCharsets.UTF_8));
    return cipher;
  }
}
