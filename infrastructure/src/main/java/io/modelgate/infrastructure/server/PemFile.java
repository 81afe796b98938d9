package io.modelgate.infrastructure.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Reads PEM, in the forms that OpenSSL writes.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468: PKIX textual encodings</a>
 */
final class PemFile {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  private static final int INTEGER = 0x02;
  private static final int OCTETS = 0x04;
  private static final int SEQUENCE = 0x30;
  private static final int CURVE = 0xa0;

  /** Version 0 of PKCS #8, and what it calls RSA and elliptic curves. */
  private static final byte[] VERSION = HexFormat.of().parseHex("020100");

  private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
  private static final byte[] ELLIPTIC = HexFormat.of().parseHex("06072a8648ce3d0201");

  private PemFile() {}

  /** All certificates in the text, at least one. */
  static List<Certificate> certificates(Path file, String text) throws TlsUnusable {
    List<Certificate> all = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    try {
      var factory = CertificateFactory.getInstance("X.509");
      while (block.find()) {
        if (block.group(1).endsWith("CERTIFICATE")) {
          all.add(factory.generateCertificate(new ByteArrayInputStream(bytes(file, block))));
        }
      }
    } catch (CertificateException e) {
      throw new TlsUnusable("a certificate in " + file + " cannot be read", e);
    }
    if (all.isEmpty()) {
      throw new TlsUnusable(file + " holds no certificate in PEM");
    }
    return all;
  }

  /** The first private key in the text. */
  static PrivateKey privateKey(Path file, String text, char[] password) throws TlsUnusable {
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      switch (block.group(1)) {
        case "PRIVATE KEY" -> {
          return key(file, bytes(file, block));
        }
        case "ENCRYPTED PRIVATE KEY" -> {
          return decrypted(file, bytes(file, block), password);
        }
        case "RSA PRIVATE KEY" -> {
          if (block.group(2).contains("ENCRYPTED")) {
            throw new TlsUnusable(
                "the key in " + file + " is encrypted in OpenSSL's old way; make it PKCS #8");
          }
          return key(file, pkcs8(RSA, bytes(file, block)));
        }
        case "EC PRIVATE KEY" -> {
          byte[] sec1 = bytes(file, block);
          byte[] curve = curve(sec1);
          if (curve == null) {
            throw new TlsUnusable("the key in " + file + " does not name its curve");
          }
          return key(file, pkcs8(tagged(SEQUENCE, ELLIPTIC, curve), sec1));
        }
        default -> {} // a certificate, or the parameters of a curve
      }
    }
    throw new TlsUnusable(file + " holds no private key in PEM");
  }

  private static PrivateKey key(Path file, byte[] pkcs8) throws TlsUnusable {
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (InvalidKeySpecException _) {
        // Of another kind.
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java platform has " + algorithm, e);
      }
    }
    throw new TlsUnusable("the key in " + file + " is none of RSA, EC and EdDSA");
  }

  private static PrivateKey decrypted(Path file, byte[] bytes, char[] password) throws TlsUnusable {
    try {
      var encrypted = new EncryptedPrivateKeyInfo(bytes);
      var parameters = encrypted.getAlgParameters();
      String algorithm = parameters == null ? encrypted.getAlgName() : parameters.toString();
      var secret = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password));
      return key(file, encrypted.getKeySpec(secret).getEncoded());
    } catch (GeneralSecurityException | IOException e) {
      throw new TlsUnusable("the password does not open " + file, e);
    }
  }

  private static byte[] bytes(Path file, Matcher block) throws TlsUnusable {
    try {
      return Base64.getMimeDecoder().decode(block.group(2));
    } catch (IllegalArgumentException e) {
      throw new TlsUnusable(file + " holds no proper PEM", e);
    }
  }

  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return tagged(SEQUENCE, VERSION, algorithm, tagged(OCTETS, key));
  }

  /** The parameters in {@code SEQUENCE {INTEGER 1, OCTET STRING, [0] parameters, …}}. */
  private static byte @Nullable [] curve(byte[] sec1) {
    try {
      int at = contents(sec1, 0);
      at = behind(sec1, at, INTEGER);
      at = behind(sec1, at, OCTETS);
      return (sec1[at] & 0xff) == CURVE
          ? Arrays.copyOfRange(sec1, contents(sec1, at), behind(sec1, at, CURVE))
          : null;
    } catch (IndexOutOfBoundsException | IllegalArgumentException _) {
      return null;
    }
  }

  private static int contents(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int behind(byte[] der, int at, int tag) {
    if ((der[at] & 0xff) != tag) {
      throw new IllegalArgumentException("not what is expected");
    }
    int first = der[at + 1] & 0xff;
    int length = first;
    if (first >= 0x80) {
      length = 0;
      for (int i = 0; i < (first & 0x7f); i++) {
        length = (length << 8) | (der[at + 2 + i] & 0xff);
      }
    }
    return contents(der, at) + length;
  }

  private static byte[] tagged(int tag, byte[]... parts) {
    var inner = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      inner.writeBytes(part);
    }
    var outer = new ByteArrayOutputStream();
    outer.write(tag);
    int length = inner.size();
    if (length >= 0x80) {
      int bytes = length > 0xffff ? 3 : length > 0xff ? 2 : 1;
      outer.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        outer.write(length >> (8 * i));
      }
    } else {
      outer.write(length);
    }
    outer.writeBytes(inner.toByteArray());
    return outer.toByteArray();
  }
}
