package io.modelgate.infrastructure.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A script that Redis runs in one piece.
 *
 * @param hash by which Redis knows it once loaded
 */
record Script(String text, String hash) {
  /** Reads one that lies beside this class. */
  static Script named(String file) {
    try (InputStream in = Script.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("no script " + file);
      }
      byte[] text = in.readAllBytes();
      byte[] hash = MessageDigest.getInstance("SHA-1").digest(text);
      return new Script(new String(text, StandardCharsets.UTF_8), HexFormat.of().formatHex(hash));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
