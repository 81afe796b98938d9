package io.modelgate.infrastructure.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * Deletes the records of calls that are old, from the first on and a few at a time. Rows are about
 * in the order of their time, so no index is needed: a piece without an old row is the last. For
 * the writer's thread.
 */
final class Retention {
  private static final int PIECE = 500;

  /** Where the piece ends, and whether all of it lies in the future, where a clock once was. */
  private static final String NEXT_PIECE =
      """
      SELECT max(sequence), min(time) FROM
        (SELECT sequence, time FROM usage WHERE sequence > ? ORDER BY sequence LIMIT %d)
      """
          .formatted(PIECE);

  /** First: what belongs to a call is told by its row. */
  private static final String DELETE_ATTEMPTS =
      """
      DELETE FROM failed_attempts WHERE sequence IN
        (SELECT sequence FROM usage WHERE sequence > ? AND sequence <= ? AND time < ?)
      """;

  private static final String DELETE =
      "DELETE FROM usage WHERE sequence > ? AND sequence <= ? AND time < ?";

  private static final String DELETE_REQUEST_IDS =
      "DELETE FROM request_ids WHERE last < (SELECT min(sequence) FROM usage)";

  private final SqliteDatabase database;
  private final Summing summing;
  private final Supplier<Duration> retention;
  private final InstantSource clock;
  private long swept;

  /**
   * None is deleted yet.
   *
   * @param summing gets rows before they go
   */
  Retention(
      SqliteDatabase database, Summing summing, Supplier<Duration> retention, InstantSource clock) {
    this.database = database;
    this.summing = summing;
    this.retention = retention;
    this.clock = clock;
  }

  /**
   * Sweeps one piece.
   *
   * @return whether there may be more; if not, the next call begins anew
   */
  boolean sweep() throws SQLException {
    long now = clock.millis();
    long oldest = clock.instant().minus(retention.get()).toEpochMilli();
    PreparedStatement next = database.prepared(NEXT_PIECE);
    next.setLong(1, swept);
    long end;
    long earliest;
    try (ResultSet piece = next.executeQuery()) {
      piece.next();
      end = piece.getLong(1);
      earliest = piece.getLong(2);
    }
    if (end == 0 || (earliest >= oldest && earliest <= now)) {
      swept = 0;
      return false;
    }
    if (earliest < oldest) {
      summing.addThrough(end);
      delete(DELETE_ATTEMPTS, end, oldest);
      delete(DELETE, end, oldest);
      int _ = database.prepared(DELETE_REQUEST_IDS).executeUpdate();
    }
    swept = end;
    return true;
  }

  private void delete(String statement, long end, long oldest) throws SQLException {
    PreparedStatement delete = database.prepared(statement);
    delete.setLong(1, swept);
    delete.setLong(2, end);
    delete.setLong(3, oldest);
    int _ = delete.executeUpdate();
  }
}
