package io.modelgate.infrastructure.store;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.UsageRecord.Ending;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Adds rows of {@code usage} to the sums that the admin side reads, a thousand at a time and in
 * their order, so that no call has to wait for it. For the writer's thread, but for its texts.
 */
final class Summing {
  /** How many rows are added together. */
  static final int PIECE = 1_000;

  /** Those whose row does not name a model that there is are added up under no name. */
  static final String MODEL =
      "iif(refusal IS '%s', '', model)".formatted(RefusedCall.UNKNOWN_MODEL);

  /** What is added up, in the order of the columns of {@code usage_sums}. */
  static final String VALUES =
      """
      count(*) FILTER (WHERE outcome <> '%1$s'), count(*) FILTER (WHERE outcome IN (%2$s)),
      count(*) FILTER (WHERE outcome = '%1$s'),
      sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), sum(reasoning_tokens)
      """
          .formatted(
              RefusedCall.OUTCOME,
              Arrays.stream(Ending.values())
                  .filter(Ending::isError)
                  .map(ending -> "'" + ending.wireName() + "'")
                  .collect(Collectors.joining(", ")));

  /** Of a stream's row: the first bytes came after 2^(bucket/8) microseconds, or a little later. */
  static final String BUCKET = "CAST(8 * log2(max(1, time_to_first_byte_us)) AS INTEGER)";

  /** Which rows have such a time. */
  static final String HAS_BUCKET = "stream = 1 AND time_to_first_byte_us IS NOT NULL";

  private static final String SPANS =
      " CROSS JOIN (SELECT 1 AS hours UNION ALL SELECT 24 UNION ALL SELECT 168) span ";
  private static final String START = "time - time % (span.hours * 3600000)";
  private static final String THESE = "sequence > ?1 AND sequence <= ?2";

  /** Of a call that has no row: time, key, model, backend, outcome and the four counts. */
  static final String ADD_ONE =
      add(
          """
          (SELECT ?1 AS time, ?2 AS key_id, ?3 AS model, ?4 AS backend, ?5 AS outcome,
             NULL AS refusal, ?6 AS prompt_tokens, ?7 AS completion_tokens, ?8 AS cached_tokens,
             ?9 AS reasoning_tokens)
          """,
          "true");

  private static final String ADD_SUMS = add("usage", THESE);

  private static final String ADD_FIRST_BYTES =
      """
      INSERT INTO first_bytes SELECT span.hours, %s, %s, count(*) FROM usage %s
      WHERE %s AND %s GROUP BY 1, 2, 3
      ON CONFLICT DO UPDATE SET calls = calls + excluded.calls
      """
          .formatted(START, BUCKET, SPANS, THESE, HAS_BUCKET);

  private static final String REQUEST_IDS =
      "SELECT request_id FROM usage WHERE %s ORDER BY sequence".formatted(THESE);
  private static final String ADD_REQUEST_IDS = "INSERT INTO request_ids VALUES (?, ?)";
  private static final String MARK = "SELECT summed FROM usage_mark";
  private static final String SET_MARK = "UPDATE usage_mark SET summed = ?";

  private static final String NEXT_PIECE =
      """
      SELECT max(sequence), count(*) FROM
        (SELECT sequence FROM usage WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?)
      """;

  private final SqliteDatabase database;
  private final int piece;

  /** Before this sequence there is not enough for another piece. */
  private long dueAt;

  Summing(SqliteDatabase database) {
    this(database, PIECE);
  }

  Summing(SqliteDatabase database, int piece) {
    this.database = database;
    this.piece = piece;
  }

  private static String add(String source, String which) {
    return """
    INSERT INTO usage_sums
    SELECT span.hours, %s, iif(everyone.yes, '', key_id), %s, backend, %s
    FROM %s %s CROSS JOIN (SELECT 0 AS yes UNION ALL SELECT 1) everyone
    WHERE %s GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
      errors = errors + excluded.errors, refused = refused + excluded.refused, %s, %s, %s, %s
    """
        .formatted(
            START,
            MODEL,
            VALUES,
            source,
            SPANS,
            which,
            Saturated.plus("prompt_tokens", "excluded.prompt_tokens"),
            Saturated.plus("completion_tokens", "excluded.completion_tokens"),
            Saturated.plus("cached_tokens", "excluded.cached_tokens"),
            Saturated.plus("reasoning_tokens", "excluded.reasoning_tokens"));
  }

  /**
   * Whether it is worth looking for a piece.
   *
   * @param newest the sequence of the last row there is
   */
  boolean isDue(long newest) {
    return newest >= dueAt;
  }

  /** Adds a piece, if there is a whole one. */
  void addPiece() throws SQLException {
    long summed = mark();
    Piece next = next(summed, Long.MAX_VALUE);
    if (next.rows() == piece) {
      add(summed, next.end());
      dueAt = next.end() + piece;
    } else {
      dueAt = Math.max(summed, next.end()) + piece - next.rows();
    }
  }

  /** Adds all rows up to that one, for they are about to go. */
  void addThrough(long sequence) throws SQLException {
    long summed = mark();
    for (Piece next = next(summed, sequence); next.rows() > 0; next = next(summed, sequence)) {
      add(summed, next.end());
      summed = next.end();
    }
  }

  private record Piece(long end, int rows) {}

  private Piece next(long summed, long last) throws SQLException {
    PreparedStatement next = database.prepared(NEXT_PIECE);
    next.setLong(1, summed);
    next.setLong(2, last);
    next.setInt(3, piece);
    try (ResultSet result = next.executeQuery()) {
      result.next();
      return new Piece(result.getLong(1), result.getInt(2));
    }
  }

  private long mark() throws SQLException {
    try (ResultSet result = database.prepared(MARK).executeQuery()) {
      result.next();
      return result.getLong(1);
    }
  }

  private void add(long summed, long end) throws SQLException {
    byte[] hashes = hashes(summed, end);
    PreparedStatement sums = database.prepared(ADD_SUMS);
    PreparedStatement firstBytes = database.prepared(ADD_FIRST_BYTES);
    PreparedStatement ids = database.prepared(ADD_REQUEST_IDS);
    PreparedStatement mark = database.prepared(SET_MARK);
    database.transact(
        () -> {
          run(sums, summed, end);
          run(firstBytes, summed, end);
          ids.setLong(1, end);
          ids.setBytes(2, hashes);
          int _ = ids.executeUpdate();
          mark.setLong(1, end);
          int _ = mark.executeUpdate();
        });
  }

  private static void run(PreparedStatement statement, long summed, long end) throws SQLException {
    statement.setLong(1, summed);
    statement.setLong(2, end);
    int _ = statement.executeUpdate();
  }

  private byte[] hashes(long summed, long end) throws SQLException {
    PreparedStatement ids = database.prepared(REQUEST_IDS);
    ids.setLong(1, summed);
    ids.setLong(2, end);
    var hashes = ByteBuffer.allocate(piece * Integer.BYTES);
    try (ResultSet rows = ids.executeQuery()) {
      while (rows.next()) {
        hashes.putInt(rows.getString(1).hashCode());
      }
    }
    return Arrays.copyOf(hashes.array(), hashes.position());
  }
}
