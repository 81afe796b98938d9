package io.modelgate.infrastructure.store;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.UsageRecord.Ending;
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
      "iif(refusal IN ('%s', '%s'), '', model)"
          .formatted(RefusedCall.UNKNOWN_MODEL, RefusedCall.FORBIDDEN_MODEL);

  /** What is added up, in the order of the columns of {@code usage_sums}. */
  static final String VALUES =
      """
      count(*) FILTER (WHERE outcome <> '%1$s') AS requests,
      count(*) FILTER (WHERE outcome IN (%2$s)) AS errors,
      count(*) FILTER (WHERE outcome = '%1$s') AS refused,
      sum(prompt_tokens) AS prompt, sum(completion_tokens) AS completion,
      sum(cached_tokens) AS cached, sum(reasoning_tokens) AS reasoning
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

  private static final String ADD_LAST_USES =
      """
      INSERT INTO last_uses SELECT key_id, max(time) FROM usage WHERE %s GROUP BY key_id
      ON CONFLICT DO UPDATE SET time = max(time, excluded.time)
      """
          .formatted(THESE);

  private static final String ENTRIES =
      """
      SELECT sequence, time, request_id, key_id, model, outcome, backend, status, duration_us
      FROM usage NOT INDEXED WHERE %s ORDER BY sequence
      """
          .formatted(THESE);

  private static final String ADD_INDEX = "INSERT INTO call_index VALUES (?, ?, ?, ?)";
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
    SELECT %s, %s, %s, %s, %s,
      sum(requests), sum(errors), sum(refused),
      sum(prompt), sum(completion), sum(cached), sum(reasoning)
    FROM (
      SELECT time - time %% 3600000 AS time, key_id, %s AS model, backend, %s
      FROM %s WHERE %s GROUP BY 1, 2, 3, 4)
    %s CROSS JOIN (SELECT 'each' AS kind UNION ALL SELECT 'all keys' UNION ALL SELECT 'key') sum
    WHERE true GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
      errors = errors + excluded.errors, refused = refused + excluded.refused, %s, %s, %s, %s
    """
        .formatted(
            "iif(sum.kind = 'key', -span.hours, span.hours)",
            START,
            "iif(sum.kind = 'all keys', '', key_id)",
            "iif(sum.kind = 'key', '', model)",
            "iif(sum.kind = 'key', '', backend)",
            MODEL,
            VALUES,
            source,
            which,
            SPANS,
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
    CallIndex index = index(summed, end);
    PreparedStatement sums = database.prepared(ADD_SUMS);
    PreparedStatement firstBytes = database.prepared(ADD_FIRST_BYTES);
    PreparedStatement uses = database.prepared(ADD_LAST_USES);
    PreparedStatement entries = database.prepared(ADD_INDEX);
    PreparedStatement mark = database.prepared(SET_MARK);
    database.transact(
        () -> {
          run(sums, summed, end);
          run(firstBytes, summed, end);
          run(uses, summed, end);
          entries.setLong(1, end);
          entries.setLong(2, index.earliest());
          entries.setLong(3, index.latest());
          entries.setBytes(4, index.entries());
          int _ = entries.executeUpdate();
          mark.setLong(1, end);
          int _ = mark.executeUpdate();
        });
  }

  private static void run(PreparedStatement statement, long summed, long end) throws SQLException {
    statement.setLong(1, summed);
    statement.setLong(2, end);
    int _ = statement.executeUpdate();
  }

  private CallIndex index(long summed, long end) throws SQLException {
    PreparedStatement calls = database.prepared(ENTRIES);
    calls.setLong(1, summed);
    calls.setLong(2, end);
    try (ResultSet rows = calls.executeQuery()) {
      return CallIndex.of(rows, piece, end);
    }
  }
}
