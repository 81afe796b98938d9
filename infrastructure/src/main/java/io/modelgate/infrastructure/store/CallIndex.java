package io.modelgate.infrastructure.store;

import io.modelgate.application.port.CallRecords.Filter;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one may look for among some calls, in {@value #BYTES} bytes for each: hashes and numbers,
 * which say for most calls that a filter does not let them through. The rest has to be read.
 *
 * @param earliest of their times, in milliseconds since 1970
 * @param latest of their times
 * @param entries by sequence, the smallest first; not copied
 */
record CallIndex(
    long earliest, long latest, @SuppressWarnings("ArrayRecordComponent") byte[] entries) {
  private static final int BYTES = 5 * Integer.BYTES + 3 * Short.BYTES;
  private static final int REQUEST = 4;
  private static final int KEY = 8;
  private static final int MODEL = 12;
  private static final int DURATION = 16;
  private static final int OUTCOME = 20;
  private static final int BACKEND = 22;
  private static final int STATUS = 24;

  /**
   * Of rows with the columns sequence, time, request_id, key_id, model, outcome, backend, status
   * and duration_us.
   *
   * @param most of them
   * @param last the largest sequence
   */
  static CallIndex of(ResultSet rows, int most, long last) throws SQLException {
    var entries = ByteBuffer.allocate(most * BYTES);
    long earliest = Long.MAX_VALUE;
    long latest = Long.MIN_VALUE;
    while (rows.next()) {
      long time = rows.getLong(2);
      earliest = Math.min(earliest, time);
      latest = Math.max(latest, time);
      entries
          .putInt((int) (last - rows.getLong(1)))
          .putInt(hash(rows.getString(3)))
          .putInt(hash(rows.getString(4)))
          .putInt(hash(rows.getString(5)))
          .putInt(millis(rows.getLong(9)))
          .putShort((short) hash(rows.getString(6)))
          .putShort((short) hash(rows.getString(7)))
          .putShort((short) rows.getInt(8));
    }
    return new CallIndex(earliest, latest, Arrays.copyOf(entries.array(), entries.position()));
  }

  /**
   * The sequences of those that a filter may let through, the largest first.
   *
   * @param last see {@link #of}
   * @param before only smaller ones
   */
  static List<Long> candidates(byte[] entries, long last, long before, Filter filter) {
    var found = new ArrayList<Long>();
    var buffer = ByteBuffer.wrap(entries);
    for (int at = entries.length - BYTES; at >= 0; at -= BYTES) {
      long sequence = last - buffer.getInt(at);
      if (sequence < before && mayPass(buffer, at, filter)) {
        found.add(sequence);
      }
    }
    return found;
  }

  /** The smallest sequence of those entries. */
  static long first(byte[] entries, long last) {
    return last - ByteBuffer.wrap(entries).getInt(0);
  }

  private static boolean mayPass(ByteBuffer entries, int at, Filter filter) {
    if (filter.key() != null && entries.getInt(at + KEY) != hash(filter.key().value())) {
      return false;
    }
    if (filter.model() != null && entries.getInt(at + MODEL) != hash(filter.model())) {
      return false;
    }
    if (filter.requestId() != null && entries.getInt(at + REQUEST) != hash(filter.requestId())) {
      return false;
    }
    if (filter.outcome() != null
        && entries.getShort(at + OUTCOME) != (short) hash(filter.outcome())) {
      return false;
    }
    if (filter.backend() != null
        && entries.getShort(at + BACKEND) != (short) hash(filter.backend().wireName())) {
      return false;
    }
    if (filter.slowerThan() != null
        && entries.getInt(at + DURATION) < millis(filter.slowerThan().toNanos() / 1_000)) {
      return false;
    }
    if (filter.status() == null) {
      return true;
    }
    short status = entries.getShort(at + STATUS);
    return status >= filter.status().least() && status <= filter.status().most();
  }

  /** The language says what it comes to, so that files can keep it. */
  private static int hash(String text) {
    return text.hashCode();
  }

  private static int millis(long micros) {
    return (int) Math.min(Integer.MAX_VALUE, micros / 1_000);
  }
}
