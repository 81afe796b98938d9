package io.modelgate.bootstrap;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A secret in a file that only its owner can read (mode 0600), one line.
 *
 * @param path its directory exists
 */
record KeyFile(Path path) {
  private static final String OWNER_ONLY = "rw-------";

  /**
   * What it holds, without white space around it; empty when there is no such file or nothing in
   * it.
   *
   * @throws StartFailure when it is there and cannot be read
   */
  Optional<String> read() {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(path).strip()).filter(Predicate.not(String::isEmpty));
    } catch (IOException e) {
      throw new StartFailure("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  /**
   * Puts a secret in, in place of what was there, one or the other at any moment; nobody else can
   * read it.
   *
   * @throws StartFailure when it cannot be written
   */
  void write(String secret) {
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    try {
      Files.deleteIfExists(fresh);
      Files.createFile(
          fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY)));
      Files.writeString(fresh, secret + "\n", StandardOpenOption.WRITE, StandardOpenOption.SYNC);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException e) {
      throw new StartFailure("another process is writing " + path, e);
    } catch (IOException e) {
      throw new StartFailure("cannot write " + path + ": " + e.getMessage(), e);
    }
  }
}
