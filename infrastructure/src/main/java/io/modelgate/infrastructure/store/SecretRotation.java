package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts the credentials with another secret key, while no gateway has the database open.
 * Whenever the process dies, the old key or the new one opens all of them; where the key is kept in
 * the file {@code secret-key}, the next start finds out which by itself. For one thread.
 */
final class SecretRotation implements AutoCloseable {
  private final StoreLock lock;
  private final SqliteDatabase database;
  private final @Nullable String old;
  private final String fresh;
  private final SecretKeyFile keyFile;

  private SecretRotation(
      Path file, StoreLock lock, SqliteDatabase database, @Nullable String old, String fresh) {
    this.lock = lock;
    this.database = database;
    this.old = old;
    this.fresh = fresh;
    this.keyFile = SecretKeyFile.beside(file);
  }

  /**
   * Does it all; doing it again after it was cut off is right, too.
   *
   * @param old the key in force; null for the one in the file beside the database
   * @param fresh the key to come; null to make one, which needs a file to keep it in
   * @return how many credentials there are
   * @throws StoreRefused when it cannot be done; then nothing has changed
   */
  static int run(Path database, @Nullable String old, @Nullable String fresh) {
    if (old != null && fresh == null) {
      throw new StoreRefused(
          "The secret key is a setting, so the new one must be named too: put it into MG_NEW_SECRET_KEY, or its file's name into MG_NEW_SECRET_KEY_FILE.");
    }
    if (old != null && old.equals(fresh)) {
      throw new StoreRefused("The new secret key is the old one.");
    }
    try (var rotation = open(database, old, fresh == null ? SecretKeyFile.random() : fresh)) {
      rotation.propose();
      int count = rotation.resealOrWithdraw();
      rotation.adopt();
      return count;
    } catch (IOException e) {
      throw new StoreRefused(
          "The data directory of %s cannot be used: %s.".formatted(database, e), e);
    } catch (SQLException e) {
      throw Refusals.of(database, e);
    }
  }

  /** Takes the lock. */
  static SecretRotation open(Path database, @Nullable String old, String fresh) throws IOException {
    if (!Files.exists(database)) {
      throw new StoreRefused("There is no database %s.".formatted(database));
    }
    Path file = SqlStore.realPath(database);
    if (old == null && !SecretKeyFile.beside(file).exists()) {
      throw new StoreRefused(
          "There is no secret key to be changed: MG_SECRET_KEY is not set, and there is no file %s."
              .formatted(SecretKeyFile.beside(file).path()));
    }
    StoreLock lock = StoreLock.take(file);
    return new SecretRotation(
        file, lock, new SqliteDatabase(file, StoreSettings.Durability.FULL), old, fresh);
  }

  /** First: the new key is on the disk before anything needs it. */
  void propose() throws IOException, SQLException {
    CredentialCipher _ = Contents.cipher(fresh, "The new secret key");
    if (old == null) {
      try (Connection connection = database.connection()) {
        CredentialCipher _ = Contents.cipher(keyFile, connection); // ends one that was cut off
      }
      keyFile.propose(fresh);
    }
  }

  /** Second, and all or nothing: from here on the new key is the right one. */
  int reseal() throws IOException, SQLException {
    var next = Contents.cipher(fresh, "The new secret key");
    try (Connection connection = database.connection()) {
      int _ = Migrations.ALL.apply(connection);
      if (KeptCredentials.areOpenedBy(next, connection)) {
        return KeptCredentials.count(connection); // done, by a rotation that was cut off
      }
      String now = old == null ? keyFile.read() : old;
      return KeptCredentials.reseal(
          connection, Contents.cipher(now, "The secret key in use"), next);
    }
  }

  private int resealOrWithdraw() throws IOException, SQLException {
    try {
      return reseal();
    } catch (StoreRefused e) {
      if (old == null) {
        keyFile.withdraw();
      }
      throw e;
    }
  }

  /** Last: where the key is kept in a file, it is the new one. */
  void adopt() throws IOException {
    if (old == null) {
      keyFile.adopt();
    }
  }

  @Override
  public void close() throws IOException, SQLException {
    try (lock) {
      database.close();
    }
  }
}
