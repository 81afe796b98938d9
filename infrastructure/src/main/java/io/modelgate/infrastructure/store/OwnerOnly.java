package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Makes files and directories that nobody but their owner can look into. Where the file system
 * knows no such permissions, its own rules hold.
 */
final class OwnerOnly {
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private OwnerOnly() {}

  /** A directory that was there already belongs to someone else and stays as it is. */
  static void directory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory, attributes(DIRECTORY));
    }
  }

  /**
   * Makes a file, in place of what was there; in a directory that others can write to, it is nobody
   * else's.
   *
   * @throws FileAlreadyExistsException when somebody makes one at the same moment
   */
  static void newFile(Path file) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(file, attributes(FILE));
  }

  /** Makes the file when it is missing, with the right permissions from its first moment on. */
  static void file(Path file) throws IOException {
    try {
      Files.createFile(file, attributes(FILE));
    } catch (FileAlreadyExistsException _) {
      tighten(file);
    }
  }

  /** Takes away what others may do with a file, if it is there. */
  static void tighten(Path file) throws IOException {
    if (POSIX && Files.exists(file) && !Files.getPosixFilePermissions(file).equals(FILE)) {
      Files.setPosixFilePermissions(file, FILE);
    }
  }

  private static FileAttribute<?>[] attributes(Set<PosixFilePermission> permissions) {
    return POSIX
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }
}
