package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import javax.sql.ConnectionPoolDataSource;
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
  private final Durability durability;
  private final ConnectionPoolDataSource source;
  private final DbClient client;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();
  private @Nullable PooledConnection pooled;

  /**
   * Touches no database yet; the first use does.
   *
   * @param file an existing file, which may be empty; SQLite gives its companions the same
   *     permissions
   */
  SqliteDatabase(Path file, Durability durability) throws IOException {
    this(file, durability, source(file, durability));
  }

  SqliteDatabase(Path file, Durability durability, ConnectionPoolDataSource source)
      throws IOException {
    this.file = file;
    this.identity = identityOf(file);
    this.durability = durability;
    this.source = source;
    this.client = JdbcClientBuilder.create().connectionPool(this::unchecked).build();
  }

  static ConnectionPoolDataSource source(Path file, Durability durability) {
    var config = new SQLiteConfig();
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(
        switch (durability) {
          case NORMAL -> SQLiteConfig.SynchronousMode.NORMAL;
          case FULL -> SQLiteConfig.SynchronousMode.FULL;
        });
    config.enforceForeignKeys(true);
    config.setBusyTimeout(1_000);
    // Or else the driver prepares and runs a query after each row.
    config.setGetGeneratedKeys(false);
    var source = new SQLiteConnectionPoolDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
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
   * The statement of that text, which stays open as long as the connection does. Not to be closed.
   */
  PreparedStatement prepared(String text) throws SQLException {
    PreparedStatement known = prepared.get(text);
    if (known == null) {
      // Not closed: closing the handle gives the connection back, and the statement lives on it.
      known = connection().prepareStatement(text);
      prepared.put(text, known);
    }
    return known;
  }

  /**
   * Does the work in one transaction. After an exception the connection has to be discarded, and
   * whether the work was kept is known only when it came out of the work itself: then it was not.
   */
  void transact(Work work) throws SQLException {
    refuseAnotherFile();
    // Begun by a statement, so that the driver ends nothing when a handle is taken back meanwhile.
    PreparedStatement begin = prepared("BEGIN IMMEDIATE");
    PreparedStatement commit = prepared("COMMIT");
    boolean _ = begin.execute();
    work.run();
    boolean _ = commit.execute();
  }

  /** Statements, prepared before. */
  @FunctionalInterface
  interface Work {
    void run() throws SQLException;
  }

  /**
   * Does a change in one transaction that outlives a power cut too, at the price of a flush of the
   * disk. After an exception the connection has to be discarded.
   */
  void durably(Consumer<DbExecute> change) throws SQLException {
    pragma("synchronous = " + Durability.FULL);
    // Not a DbTransaction: after a full disk has undone it, the driver cannot close its connection.
    transact(() -> change.accept(client.execute()));
    pragma("synchronous = " + durability);
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
    prepared.clear();
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
