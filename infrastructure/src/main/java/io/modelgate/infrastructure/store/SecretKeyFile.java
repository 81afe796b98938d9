package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;

/**
 * The secret that credentials are encrypted with, when the operator names none: 32 random bytes as
 * base64url text in an owner-only file. The text can be moved to {@code MG_SECRET_KEY} as it
 * stands.
 *
 * <p>A secret that is to follow it is first proposed, in a file beside it, and adopted once the
 * credentials are encrypted with it: whenever the process dies, one of the two files fits.
 */
final class SecretKeyFile {
  private final Path file;
  private final Path proposed;
  private final Path unfinished;

  private SecretKeyFile(Path file) {
    this.file = file;
    this.proposed = file.resolveSibling(file.getFileName() + ".new");
    this.unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
  }

  static SecretKeyFile beside(Path database) {
    return new SecretKeyFile(database.resolveSibling("secret-key"));
  }

  static String random() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  Path path() {
    return file;
  }

  /** Every file that may hold a secret. */
  List<Path> paths() {
    return List.of(file, proposed, unfinished);
  }

  boolean exists() {
    return Files.exists(file);
  }

  String read() throws IOException {
    OwnerOnly.tighten(file);
    return Files.readString(file);
  }

  boolean hasProposed() {
    return Files.exists(proposed);
  }

  String readProposed() throws IOException {
    OwnerOnly.tighten(proposed);
    return Files.readString(proposed);
  }

  /**
   * Puts a secret beside the one in force, whole or not at all; it is on the disk when this
   * returns.
   */
  void propose(String secret) throws IOException {
    OwnerOnly.newFile(unfinished);
    Files.writeString(unfinished, secret + "\n", StandardOpenOption.WRITE, StandardOpenOption.SYNC);
    DurableMove.move(unfinished, proposed);
  }

  /** Nothing is encrypted with the proposed secret. */
  void withdraw() throws IOException {
    Files.delete(proposed);
  }

  /** Puts the proposed secret in force. */
  void adopt() throws IOException {
    DurableMove.move(proposed, file);
  }

  String create() throws IOException {
    String secret = random();
    propose(secret);
    adopt();
    return secret;
  }
}
