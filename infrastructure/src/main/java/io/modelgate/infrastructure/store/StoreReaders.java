package io.modelgate.infrastructure.store;

import io.modelgate.application.port.StoreUnavailable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConfig;

/**
 * Connections that can only read: in a write-ahead log, readers and the writer do not wait for each
 * other. A few queries at a time, each on a platform thread, for SQLite's native code would hold
 * the caller's carrier; whoever comes while all are busy waits in line. A query whose time is up is
 * broken off, so that nobody reads for callers who have left. Thread-safe.
 */
final class StoreReaders implements AutoCloseable {
  private static final int AT_ONCE = 4;

  /** In steps of SQLite's machine; a few milliseconds. */
  private static final int LOOK_AT_THE_CLOCK_EVERY = 100_000;

  private final SQLiteConfig config = new SQLiteConfig();
  private final String url;
  private final Duration patience;
  private final Semaphore turns = new Semaphore(AT_ONCE, true);
  private final Deque<Reader> idle = new ConcurrentLinkedDeque<>();
  private volatile boolean closed;

  /**
   * No connection yet.
   *
   * @param patience how long a caller waits, for its turn and the answer together
   */
  StoreReaders(Path file, Duration patience) {
    this.url = "jdbc:sqlite:" + file;
    this.patience = patience;
    config.setReadOnly(true);
    config.setBusyTimeout(1_000);
    config.setCacheSize(-16_000);
  }

  /**
   * Reads, all of it as of one moment.
   *
   * @param doing for messages, e.g. "reading what a key used"
   * @throws StoreUnavailable when that fails, or takes too long
   */
  <T> T read(String doing, Reading<T> reading) {
    long end = System.nanoTime() + patience.toNanos();
    var ticket = new Ticket<T>(doing);
    if (comesToItsTurn(ticket)) {
      Thread.ofPlatform().name("store-reader").daemon().start(() -> read(reading, ticket, end));
    }
    return ticket.await(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
  }

  private boolean comesToItsTurn(Ticket<?> ticket) {
    try {
      if (turns.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return true;
      }
      ticket.unavailable(new TimeoutException("others are reading for " + patience));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ticket.unavailable(e);
    }
    return false;
  }

  private <T> void read(Reading<T> reading, Ticket<T> ticket, long end) {
    Reader reader = null;
    try {
      if (closed) {
        throw new IllegalStateException("the store is closed");
      }
      reader = idle.poll();
      if (reader == null) {
        reader = new Reader(config.createConnection(url));
      }
      T found = reader.read(reading, end);
      idle.push(reader);
      ticket.done(found);
    } catch (SQLException | RuntimeException e) {
      if (reader != null) {
        reader.close();
      }
      ticket.unavailable(e);
    } finally {
      turns.release();
    }
  }

  /** Lets queries under way end, and no other begin. */
  @Override
  public void close() {
    closed = true;
    turns.acquireUninterruptibly(AT_ONCE);
    for (@Nullable Reader reader = idle.poll(); reader != null; reader = idle.poll()) {
      reader.close();
    }
    turns.release(AT_ONCE);
  }

  /** What is read. */
  @FunctionalInterface
  interface Reading<T> {
    /** Makes its queries; leaves the connection open. */
    T from(Connection connection) throws SQLException;
  }

  /** One connection, for one thread at a time. */
  private static final class Reader {
    private final Connection connection;
    private volatile long end;

    Reader(Connection connection) throws SQLException {
      this.connection = connection;
      ProgressHandler.setHandler(
          connection,
          LOOK_AT_THE_CLOCK_EVERY,
          new ProgressHandler() {
            @Override
            protected int progress() {
              return end - System.nanoTime() < 0 ? 1 : 0;
            }
          });
    }

    <T> T read(Reading<T> reading, long until) throws SQLException {
      end = until;
      try (Statement statement = connection.createStatement()) {
        statement.execute("BEGIN");
        T found = reading.from(connection);
        statement.execute("COMMIT");
        return found;
      }
    }

    void close() {
      try {
        connection.close();
      } catch (SQLException _) {
        // It was given up because it failed, or is not needed any more.
      }
    }
  }
}
