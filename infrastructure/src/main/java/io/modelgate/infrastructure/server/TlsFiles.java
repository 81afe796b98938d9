package io.modelgate.infrastructure.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where a certificate and its key are kept.
 *
 * @param certificate PEM, the server's own first, then those that vouch for it; or PKCS #12 with
 *     the key in it, when there is no {@code privateKey}
 * @param privateKey PEM: PKCS #8, also encrypted, PKCS #1 or SEC 1; null when it is in the PKCS #12
 *     file
 * @param password of the key or of the PKCS #12 file; null for none
 */
public record TlsFiles(
    Path certificate, @Nullable Path privateKey, @Nullable String password, Minimum minimum) {
  /** The oldest version of TLS that is spoken. */
  public enum Minimum {
    V12,
    V13;

    String[] protocols() {
      return switch (this) {
        case V12 -> new String[] {"TLSv1.3", "TLSv1.2"};
        case V13 -> new String[] {"TLSv1.3"};
      };
    }
  }

  List<Path> all() {
    return privateKey == null ? List.of(certificate) : List.of(certificate, privateKey);
  }

  /** Names the files, not the password. */
  @Override
  public String toString() {
    return "TlsFiles" + all();
  }

  /**
   * What the files hold.
   *
   * @param shown the server's own certificate
   */
  record Contents(SSLContext context, Certificate shown) {}

  Contents read() throws TlsUnusable {
    char[] secret = password == null ? new char[0] : password.toCharArray();
    KeyStore store = privateKey == null ? keyStore(secret) : pem(privateKey, secret);
    try {
      var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, secret);
      var context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, new SecureRandom());
      return new Contents(context, shown(store));
    } catch (GeneralSecurityException e) {
      throw new TlsUnusable("the key in " + all().getLast() + " cannot be used", e);
    }
  }

  private KeyStore keyStore(char[] secret) throws TlsUnusable {
    try (var in = Files.newInputStream(certificate)) {
      var store = KeyStore.getInstance("PKCS12");
      store.load(in, secret);
      shown(store);
      return store;
    } catch (NoSuchFileException e) {
      throw new TlsUnusable("there is no file " + certificate, e);
    } catch (IOException e) {
      throw new TlsUnusable(
          e.getCause() instanceof GeneralSecurityException
              ? "the password does not open " + certificate
              : certificate + " cannot be read as PKCS #12",
          e);
    } catch (GeneralSecurityException e) {
      throw new TlsUnusable(certificate + " cannot be read as PKCS #12", e);
    }
  }

  private Certificate shown(KeyStore store) throws KeyStoreException, TlsUnusable {
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias)) {
        return store.getCertificate(alias);
      }
    }
    throw new TlsUnusable(certificate + " holds no private key");
  }

  private KeyStore pem(Path keyFile, char[] secret) throws TlsUnusable {
    List<Certificate> chain = PemFile.certificates(certificate, text(certificate));
    PrivateKey key = PemFile.privateKey(keyFile, text(keyFile), secret);
    if (!belongs(key, chain.getFirst())) {
      throw new TlsUnusable("the key in " + keyFile + " does not belong to " + certificate);
    }
    try {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", key, secret, chain.toArray(new Certificate[0]));
      return store;
    } catch (IOException | GeneralSecurityException e) {
      throw new TlsUnusable(certificate + " cannot be used with " + keyFile, e);
    }
  }

  private static boolean belongs(PrivateKey key, Certificate certificate) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "EdDSA";
        };
    byte[] sample = "sample".getBytes(StandardCharsets.US_ASCII);
    try {
      var signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(sample);
      byte[] signature = signing.sign();
      var checking = Signature.getInstance(algorithm);
      checking.initVerify(certificate.getPublicKey());
      checking.update(sample);
      return checking.verify(signature);
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private static String text(Path file) throws TlsUnusable {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new TlsUnusable("there is no file " + file, e);
    } catch (IOException e) {
      throw new TlsUnusable(file + " cannot be read", e);
    }
  }
}
