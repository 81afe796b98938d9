package io.modelgate.infrastructure.store;

import io.modelgate.application.port.ModelUse;
import io.modelgate.application.port.UsageHistory;
import io.modelgate.domain.access.KeyId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.sqlite.SQLiteConfig;

/**
 * Reads sums from {@code usage_daily}, through a connection of its own that can only read: in a
 * write-ahead log, readers and the writer do not wait for each other. One query at a time, on a
 * platform thread, for SQLite's native code would hold the caller's carrier. Thread-safe.
 */
final class SqlUsageHistory implements UsageHistory, AutoCloseable {
  private static final String BY_MODEL =
      """
      SELECT model, sum(calls), sum(prompt_tokens), sum(completion_tokens)
      FROM usage_daily WHERE key_id = ? AND day >= ?
      GROUP BY model ORDER BY sum(prompt_tokens) + sum(completion_tokens) DESC, model
      """;

  private final SQLiteConfig config = new SQLiteConfig();
  private final String url;
  private final Duration patience;
  private final Semaphore turn = new Semaphore(1, true);
  private volatile boolean closed;

  SqlUsageHistory(Path file, Duration patience) {
    this.url = "jdbc:sqlite:" + file;
    this.patience = patience;
    config.setReadOnly(true);
    config.setBusyTimeout(1_000);
  }

  @Override
  public List<ModelUse> byModel(KeyId key, Instant from) {
    return read("reading what a key used", connection -> byModel(connection, key, from));
  }

  /** Something that reads. */
  interface Reading<T> {
    T from(Connection connection) throws SQLException;
  }

  <T> T read(String doing, Reading<T> reading) {
    var ticket = new Ticket<T>(doing);
    if (comesToItsTurn(ticket)) {
      Thread.ofPlatform().name("store-reader").daemon().start(() -> read(reading, ticket));
    }
    return ticket.await(patience);
  }

  private boolean comesToItsTurn(Ticket<?> ticket) {
    try {
      if (turn.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return true;
      }
      ticket.unavailable(new TimeoutException("others are reading for " + patience));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ticket.unavailable(e);
    }
    return false;
  }

  private <T> void read(Reading<T> reading, Ticket<T> ticket) {
    try {
      if (closed) {
        throw new IllegalStateException("the store is closed");
      }
      try (Connection connection = config.createConnection(url)) {
        ticket.done(reading.from(connection));
      }
    } catch (SQLException | RuntimeException e) {
      ticket.unavailable(e);
    } finally {
      turn.release();
    }
  }

  private static List<ModelUse> byModel(Connection connection, KeyId key, Instant from)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(BY_MODEL)) {
      query.setString(1, key.value());
      query.setLong(2, from.toEpochMilli());
      try (ResultSet rows = query.executeQuery()) {
        var uses = new ArrayList<ModelUse>();
        while (rows.next()) {
          uses.add(
              new ModelUse(rows.getString(1), rows.getLong(2), rows.getLong(3), rows.getLong(4)));
        }
        return List.copyOf(uses);
      }
    }
  }

  /** Lets a query under way end, and no other begin. */
  @Override
  public void close() {
    closed = true;
    turn.acquireUninterruptibly();
    turn.release();
  }
}
