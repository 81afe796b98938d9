package io.modelgate.infrastructure.store;

import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the writer deletes old records: at its start and every hour, while it has nothing else to
 * do, and piece by piece now and then when it never has. For the writer's thread.
 */
final class Housekeeping {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
  private static final long EVERY = Duration.ofHours(1).toNanos();
  private static final long UNDER_LOAD = Duration.ofMillis(100).toNanos();

  private final SqliteDatabase database;
  private final Retention retention;
  private long next = System.nanoTime();
  private long lastPiece = next;

  Housekeeping(SqliteDatabase database, Retention retention) {
    this.database = database;
    this.retention = retention;
  }

  /** In nanoseconds. */
  long untilNext() {
    return next - System.nanoTime();
  }

  /**
   * Sweeps one piece, if it is time.
   *
   * @param idle whether nobody waits for the writer
   */
  void attend(boolean idle) {
    long now = System.nanoTime();
    if (next - now > 0 || (!idle && now - lastPiece < UNDER_LOAD)) {
      return;
    }
    lastPiece = now;
    try {
      if (!retention.sweep()) {
        next = now + EVERY;
      }
    } catch (SQLException | RuntimeException e) {
      // RuntimeException: whatever the driver throws, the writer lives on.
      database.discard();
      next = now + EVERY;
      LOG.warn("old usage records could not be deleted; that is tried again in an hour", e);
    }
  }
}
