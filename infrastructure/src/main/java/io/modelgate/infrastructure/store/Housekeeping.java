package io.modelgate.infrastructure.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the writer does while it has nothing else to do, and piece by piece now and then when it
 * always has: it adds new records to the sums, and deletes old ones, at its start and every hour.
 * For the writer's thread.
 */
final class Housekeeping {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
  private static final long EVERY = Duration.ofHours(1).toNanos();
  private static final long AFTER_A_FAILURE = Duration.ofMinutes(1).toNanos();
  private static final long UNDER_LOAD = Duration.ofMillis(100).toNanos();
  private static final long SUMMING_UNDER_LOAD = Duration.ofMillis(50).toNanos();

  private final SqliteDatabase database;
  private final Summing summing;
  private final Retention retention;
  private final LongSupplier newest;
  private long nextSweep = System.nanoTime();
  private long lastSweep = nextSweep;
  private long nextSum = nextSweep;

  /**
   * With both to do at once.
   *
   * @param newest the sequence of the last record there is
   */
  Housekeeping(SqliteDatabase database, Summing summing, Retention retention, LongSupplier newest) {
    this.database = database;
    this.summing = summing;
    this.retention = retention;
    this.newest = newest;
  }

  /** In nanoseconds. */
  long untilNext() {
    long now = System.nanoTime();
    return summing.isDue(newest.getAsLong())
        ? Math.min(nextSum - now, nextSweep - now)
        : nextSweep - now;
  }

  /**
   * Adds up one piece or sweeps one, if it is time.
   *
   * @param idle whether nobody waits for the writer
   */
  void attend(boolean idle) {
    long now = System.nanoTime();
    if (summing.isDue(newest.getAsLong()) && nextSum - now <= 0) {
      sum(now, idle);
    } else if (nextSweep - now <= 0 && (idle || now - lastSweep >= UNDER_LOAD)) {
      sweep(now);
    }
  }

  private void sum(long now, boolean idle) {
    try {
      summing.addPiece();
      nextSum = idle ? now : now + SUMMING_UNDER_LOAD;
    } catch (SQLException | RuntimeException e) {
      // RuntimeException, here and below: whatever the driver throws, the writer lives on.
      database.discard();
      nextSum = now + AFTER_A_FAILURE;
      LOG.warn("usage records could not be added up; that is tried again in a minute", e);
    }
  }

  private void sweep(long now) {
    lastSweep = now;
    try {
      if (!retention.sweep()) {
        nextSweep = now + EVERY;
      }
    } catch (SQLException | RuntimeException e) {
      database.discard();
      nextSweep = now + EVERY;
      LOG.warn("old usage records could not be deleted; that is tried again in an hour", e);
    }
  }
}
