package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Copies a database to a file and back. The copy is one moment's state, even while a gateway in
 * another process writes; it is checked before it counts, and only its owner can read it.
 */
final class StoreBackup {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private StoreBackup() {}

  /**
   * Writes a backup. The secret key is not in it.
   *
   * @param target a path beside which there is room for a second file
   * @param replace whether a file that is there may be replaced
   * @throws StoreRefused when it cannot be; then the target is as it was
   */
  static BackupSummary write(Path database, Path target, boolean replace) {
    try {
      if (!Files.exists(database)) {
        throw new StoreRefused("There is no database %s.".formatted(database));
      }
      refuseOwnFiles(database.toRealPath(), target);
      refuseOddFiles(target);
      if (!replace && Files.exists(target)) {
        throw new StoreRefused(
            "The file %s exists already; --force replaces it.".formatted(target));
      }
      Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
      refuseOwnFiles(database.toRealPath(), unfinished);
      refuseOddFiles(unfinished);
      BackupSummary summary = copy(database.toRealPath(), unfinished);
      DurableMove.move(unfinished, target);
      return summary;
    } catch (IOException e) {
      throw new StoreRefused("The backup cannot be written: %s.".formatted(e), e);
    }
  }

  /**
   * Puts a backup in the database's place. The next start brings an older schema forward.
   *
   * @param secretKey as of the settings; null for the one in the file beside the database
   * @param now names the file that the database replaced is kept in
   * @return that file; null when there was no database
   * @throws StoreRefused when a gateway has the database open, the backup is not one, or the secret
   *     key does not open its credentials; then the database is as it was
   */
  static @Nullable Path restore(
      Path database, Path backup, @Nullable String secretKey, Instant now) {
    try {
      if (!Files.exists(backup)) {
        throw new StoreRefused("There is no backup %s.".formatted(backup));
      }
      Path file = SqlStore.realPath(database);
      refuseOwnFiles(file, backup);
      try (var _ = StoreLock.take(file)) {
        Path unfinished = file.resolveSibling(file.getFileName() + ".restoring");
        BackupSummary summary = copy(backup.toRealPath(), unfinished);
        if (summary.credentials() > 0) {
          checkKey(file, unfinished, secretKey);
        }
        Path aside = Files.exists(file) ? setAside(file, now) : null;
        DurableMove.move(unfinished, file);
        return aside;
      }
    } catch (IOException e) {
      throw new StoreRefused("The backup cannot be restored: %s.".formatted(e), e);
    }
  }

  private static void refuseOwnFiles(Path database, Path other) throws IOException {
    for (Path own : ownFiles(database)) {
      if (isSame(own, other)) {
        throw new StoreRefused("%s belongs to the database itself.".formatted(other));
      }
    }
  }

  /** All that a gateway keeps beside its database, whether it is there or not. */
  private static List<Path> ownFiles(Path database) {
    Path name = database.getFileName();
    var keys = SecretKeyFile.beside(database);
    return Stream.concat(
            keys.paths().stream(),
            Stream.concat(
                    Stream.of("admin-key", "demo-key"),
                    Stream.of("", "-wal", "-shm", "-journal", ".lock", ".restoring")
                        .map(ending -> name + ending))
                .map(database::resolveSibling))
        .toList();
  }

  /** Under whatever name. */
  private static boolean isSame(Path own, Path other) throws IOException {
    if (Files.exists(own) && Files.exists(other)) {
      return Files.isSameFile(own, other);
    }
    Path absolute = other.toAbsolutePath().normalize();
    Path directory = absolute.getParent();
    return directory != null
        && Files.exists(directory)
        && own.equals(directory.toRealPath().resolve(absolute.getFileName()));
  }

  /** What is a directory, a device or a link was not written by a backup. */
  private static void refuseOddFiles(Path target) {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new StoreRefused(
          "%s is there and is no plain file: it is not replaced.".formatted(target));
    }
  }

  /** A new file with all that a database holds at this moment, on the disk and checked. */
  private static BackupSummary copy(Path from, Path to) throws IOException {
    boolean whole = false;
    try {
      OwnerOnly.newFile(to);
      try (Connection source = readOnly(from);
          PreparedStatement vacuum = source.prepareStatement("VACUUM INTO ?")) {
        vacuum.setString(1, to.toAbsolutePath().toString());
        vacuum.execute();
      } catch (SQLException e) {
        throw Refusals.isNoRoom(e)
            ? new StoreRefused("There is no room for the copy %s.".formatted(to), e)
            : Refusals.of(from, e);
      }
      try (var channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      BackupSummary summary = check(from, to);
      whole = true;
      return summary;
    } finally {
      if (!whole) {
        Files.deleteIfExists(to);
      }
    }
  }

  private static BackupSummary check(Path from, Path copy) {
    try (Connection connection = readOnly(copy);
        Statement statement = connection.createStatement()) {
      String found = text(statement, "PRAGMA integrity_check");
      if (!found.equals("ok")) {
        throw new StoreRefused("%s is damaged: %s.".formatted(from, found));
      }
      int schema = Migrations.ALL.check(connection);
      if (schema == 0) {
        throw new StoreRefused("%s is empty: it is no database of ModelGate's.".formatted(from));
      }
      return new BackupSummary(
          schema,
          Integer.parseInt(text(statement, "SELECT count(*) FROM api_keys")),
          Integer.parseInt(text(statement, "SELECT count(*) FROM models")),
          KeptCredentials.count(connection));
    } catch (SQLException e) {
      throw Refusals.of(from, e);
    }
  }

  private static String text(Statement statement, String query) throws SQLException {
    try (ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getString(1);
    }
  }

  private static void checkKey(Path file, Path copy, @Nullable String secretKey)
      throws IOException {
    var keyFile = SecretKeyFile.beside(file);
    boolean fits = false;
    if (secretKey != null || keyFile.exists()) {
      var cipher =
          Contents.cipher(secretKey == null ? keyFile.read() : secretKey, "The secret key");
      try (Connection connection = readOnly(copy)) {
        fits = KeptCredentials.areOpenedBy(cipher, connection);
      } catch (SQLException e) {
        throw Refusals.of(copy, e);
      }
    }
    if (!fits) {
      Files.deleteIfExists(copy);
      throw new StoreRefused(
          "The secret key does not open the backup's credentials. Set MG_SECRET_KEY, or the file %s, to the key that was in force when the backup was written."
              .formatted(keyFile.path()));
    }
  }

  /**
   * Keeps the database that is to be replaced, with its write-ahead log as far as that cannot be
   * merged: beside another file the log must not stay.
   */
  private static Path setAside(Path file, Instant now) throws IOException {
    Path aside = file.resolveSibling(file.getFileName() + ".replaced-" + STAMP.format(now));
    try (var database = new SqliteDatabase(file, StoreSettings.Durability.FULL)) {
      database.pragma("user_version"); // opens it; closing merges the log
    } catch (SQLException _) {
      // It may be replaced because it is damaged.
    }
    OwnerOnly.newFile(aside);
    try (var from = FileChannel.open(file);
        var to = FileChannel.open(aside, StandardOpenOption.WRITE)) {
      for (long copied = 0; copied < from.size(); ) {
        copied += from.transferTo(copied, from.size() - copied, to);
      }
      to.force(true);
    }
    Path log = file.resolveSibling(file.getFileName() + "-wal");
    if (Files.exists(log)) {
      Files.move(log, aside.resolveSibling(aside.getFileName() + "-wal"));
    }
    Files.deleteIfExists(file.resolveSibling(file.getFileName() + "-shm"));
    return aside;
  }

  private static Connection readOnly(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(5_000);
    return config.createConnection("jdbc:sqlite:" + file);
  }
}
