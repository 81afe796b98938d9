package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Puts a file in another's place such that there is one or the other, after a power cut too. */
final class DurableMove {
  private DurableMove() {}

  /**
   * Moves it.
   *
   * @param from what it holds is on the disk already
   * @param to in the same directory
   */
  static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path directory = to.toAbsolutePath().getParent();
    if (directory != null) {
      try (var channel = FileChannel.open(directory)) {
        channel.force(true);
      }
    }
  }
}
