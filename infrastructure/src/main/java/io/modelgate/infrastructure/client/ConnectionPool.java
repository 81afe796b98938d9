package io.modelgate.infrastructure.client;

import java.time.Duration;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Idle connections by origin; the one used last is taken first, so that the others can grow old.
 * Thread-safe; never blocks.
 */
final class ConnectionPool implements AutoCloseable {
  private final Map<Origin, Deque<Connection>> idle = new ConcurrentHashMap<>();
  private final long keepNanos;
  private final LongSupplier nanoTime;
  private volatile boolean closed;

  /**
   * @param keep how long a connection may rest; less than backends do, for the one that closes
   *     first cannot be surprised
   */
  ConnectionPool(Duration keep, LongSupplier nanoTime) {
    this.keepNanos = keep.toNanos();
    this.nanoTime = nanoTime;
  }

  /** A connection that rested not too long; null when there is none. */
  @Nullable Connection take(Origin origin) {
    Deque<Connection> resting = idle.get(origin);
    if (resting == null) {
      return null;
    }
    for (var connection = resting.pollFirst();
        connection != null;
        connection = resting.pollFirst()) {
      if (!isOld(connection) && !connection.hasLeftOver()) {
        return connection;
      }
      connection.close();
    }
    return null;
  }

  /** Takes a connection back whose last reply was read to its end. */
  void give(Connection connection) {
    connection.rest(nanoTime.getAsLong());
    idle.computeIfAbsent(connection.origin(), _ -> new ConcurrentLinkedDeque<>())
        .addFirst(connection);
    if (closed) {
      close();
    }
  }

  /** One round of closing what rested too long. */
  void closeOld() {
    for (Deque<Connection> resting : idle.values()) {
      for (var oldest = resting.pollLast(); oldest != null; oldest = resting.pollLast()) {
        if (!isOld(oldest)) {
          resting.addLast(oldest);
          break;
        }
        oldest.close();
      }
    }
  }

  /** Closes all that rest, and from now on whatever is given. */
  @Override
  public void close() {
    closed = true;
    for (Deque<Connection> resting : idle.values()) {
      for (var connection = resting.pollLast();
          connection != null;
          connection = resting.pollLast()) {
        connection.close();
      }
    }
  }

  private boolean isOld(Connection connection) {
    return nanoTime.getAsLong() - connection.idleSince() >= keepNanos;
  }
}
