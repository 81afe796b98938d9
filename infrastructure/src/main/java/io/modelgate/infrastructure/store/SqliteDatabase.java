package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.function.Consumer;
import javax.sql.PooledConnection;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;
import org.sqlite.javax.SQLiteConnectionPoolDataSource;

/**
 * The one connection to the SQLite file. Connections handed out are handles on it: closing one only
 * gives it back. After a failure {@link #discard()} lets go of the connection, whatever state it is
 * in, and the next use opens a new one. For one thread at a time.
 */
final class SqliteDatabase implements AutoCloseable {
  private final Path file;
  private final @Nullable Object identity;
  private final SQLiteConnectionPoolDataSource source;
  private final DbClient client;
  private @Nullable PooledConnection pooled;

  /**
   * Touches no database yet; the first use does.
   *
   * @param file an existing file, which may be empty; SQLite gives its companions the same
   *     permissions
   */
  SqliteDatabase(Path file) throws IOException {
    this.file = file;
    this.identity = identityOf(file);
    var config = new SQLiteConfig();
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
    config.enforceForeignKeys(true);
    config.setBusyTimeout(1_000);
    this.source = new SQLiteConnectionPoolDataSource(config);
    this.source.setUrl("jdbc:sqlite:" + file);
    this.client = JdbcClientBuilder.create().connectionPool(this::unchecked).build();
  }

  /** A handle on the connection, in auto-commit mode; takes back the one handed out before. */
  Connection connection() throws SQLException {
    refuseAnotherFile();
    PooledConnection current = pooled;
    if (current == null) {
      current = source.getPooledConnection();
      pooled = current;
    }
    return current.getConnection();
  }

  /** Runs statements through Helidon's DbClient, each on its own. */
  DbExecute execute() {
    return client.execute();
  }

  /**
   * Runs one statement such that it outlives a power cut too, at the price of a flush of the disk.
   */
  void durably(Consumer<DbExecute> statement) throws SQLException {
    pragma("synchronous = FULL");
    statement.accept(client.execute());
    pragma("synchronous = NORMAL");
  }

  void pragma(String text) throws SQLException {
    try (Connection connection = connection();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA " + text);
    }
  }

  /** Lets go of the connection; what was not committed is undone. */
  void discard() {
    PooledConnection current = pooled;
    pooled = null;
    if (current != null) {
      try {
        current.close();
      } catch (SQLException _) {
        // It was given up because it failed; that failure has been told already.
      }
    }
  }

  /** Moves everything from the write-ahead log into the file and closes. */
  @Override
  public void close() throws SQLException {
    if (pooled != null) {
      try {
        pragma("wal_checkpoint(TRUNCATE)");
      } finally {
        discard();
      }
    }
  }

  private Connection unchecked() {
    try {
      return connection();
    } catch (SQLException e) {
      throw new DbClientException("no connection to " + file, e);
    }
  }

  /** SQLite goes on writing into a file that was deleted or moved, and all of that is lost. */
  private void refuseAnotherFile() throws SQLException {
    try {
      if (!Objects.equals(identity, identityOf(file))) {
        throw new SQLException("the database file was replaced while in use: " + file);
      }
    } catch (IOException e) {
      throw new SQLException("the database file is gone: " + file, e);
    }
  }

  private static @Nullable Object identityOf(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }
}
