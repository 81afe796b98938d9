package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a second gateway off a database: a lock on the file {@code <database>.lock}, which holds
 * the owner's process id. The system lets go of it when the process ends, however it ends; the file
 * stays.
 */
final class StoreLock implements AutoCloseable {
  /**
   * Which locks this process holds. Must be asked before a lock file is touched: on POSIX systems a
   * process loses all its locks on a file as soon as it closes <b>any</b> descriptor of it, so that
   * merely looking would let go of the first store's lock. The locks belong to the process, hence
   * so does this register.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private StoreLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @param database its real path
   * @throws StoreRefused when someone else has it
   */
  static StoreLock take(Path database) throws IOException {
    Path file = database.resolveSibling(database.getFileName() + ".lock");
    if (!HELD.add(file)) {
      throw new StoreRefused("The database " + database + " is already open in this process.");
    }
    boolean taken = false;
    try {
      StoreLock lock = take(database, file);
      taken = true;
      return lock;
    } finally {
      if (!taken) {
        HELD.remove(file);
      }
    }
  }

  private static StoreLock take(Path database, Path file) throws IOException {
    OwnerOnly.file(file);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      if (!lock(channel)) {
        throw new StoreRefused(
            "The database %s is in use by another process (%s). Stop that one, or set another database.path."
                .formatted(database, owner(channel)));
      }
      channel.truncate(0);
      channel.write(
          StandardCharsets.US_ASCII.encode(Long.toString(ProcessHandle.current().pid())), 0);
      taken = true;
      return new StoreLock(file, channel);
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException _) {
      // This process has it, by a path that the register does not know for the same file.
      return false;
    }
  }

  private static String owner(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(20);
    channel.read(text, 0);
    String pid = StandardCharsets.US_ASCII.decode(text.flip()).toString();
    return pid.isEmpty() ? "process id unknown" : "process id " + pid;
  }

  @Override
  public void close() throws IOException {
    if (HELD.remove(file)) {
      channel.close();
    }
  }
}
