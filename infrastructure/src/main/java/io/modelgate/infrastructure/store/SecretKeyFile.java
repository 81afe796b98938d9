package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The secret that credentials are encrypted with, when the operator names none: 32 random bytes as
 * base64url text in an owner-only file. The text can be moved to {@code MG_SECRET_KEY} as it
 * stands.
 */
final class SecretKeyFile {
  private final Path file;

  SecretKeyFile(Path file) {
    this.file = file;
  }

  Path path() {
    return file;
  }

  boolean exists() {
    return Files.exists(file);
  }

  String read() throws IOException {
    OwnerOnly.tighten(file);
    return Files.readString(file);
  }

  String create() throws IOException {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    // Written elsewhere and moved, so that a crash cannot leave half a key.
    Path unfinished = file.resolveSibling(file.getFileName() + ".new");
    OwnerOnly.file(unfinished);
    Files.writeString(unfinished, secret + "\n");
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    return secret;
  }
}
