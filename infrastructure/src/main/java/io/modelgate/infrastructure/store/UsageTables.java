package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.FailedAttempt;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BaseUrl;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code usage}, {@code failed_attempts}, {@code quota_use} and {@code usage_daily},
 * which are written together. Plain JDBC with statements that stay open, because DbClient prepares
 * one for each row. For the writer's thread.
 */
final class UsageTables {
  /** Older periods can hardly come back. */
  private static final Duration RECENT = Duration.ofDays(62);

  private static final String INSERT =
      """
      INSERT INTO usage
        (sequence, time, request_id, key_id, model, upstream_model, backend, endpoint,
         prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
         usage_source, outcome, status, stream, time_to_first_byte_us, duration_us, base_url,
         waited_us)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String INSERT_REFUSED =
      """
      INSERT INTO usage
        (sequence, time, request_id, key_id, model, upstream_model, backend, endpoint,
         prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
         usage_source, outcome, status, stream, duration_us, refusal)
      VALUES (?, ?, ?, ?, ?, '', '', ?, 0, 0, 0, 0, '', 'refused', ?, ?, ?, ?)
      """;

  private static final String INSERT_ATTEMPT =
      "INSERT INTO failed_attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  /** Four rows, side by side in the table. */
  private static final String ADD_USE =
      """
      INSERT INTO quota_use (key_id, period, starts_at, used)
      VALUES (?1, 'total', 0, ?2), (?1, 'day', ?3, ?2), (?1, 'week', ?4, ?2), (?1, 'month', ?5, ?2)
      ON CONFLICT DO UPDATE SET\s"""
          + Saturated.plus("used", "excluded.used");

  private static final String SET_MARK = "UPDATE usage_mark SET last = ?";
  private static final String MARK =
      "SELECT max((SELECT last FROM usage_mark), (SELECT coalesce(max(sequence), 0) FROM usage))";

  private final SqliteDatabase database;

  UsageTables(SqliteDatabase database) {
    this.database = database;
  }

  /** What was used in all periods that may still matter; those nearest to {@code now} come last. */
  static List<QuotaUse> recentUse(DbExecute execute, Instant now) {
    try (Stream<DbRow> rows =
        execute.query(
            """
            SELECT * FROM quota_use WHERE period = 'total' OR starts_at >= ?
            ORDER BY abs(starts_at - ?) DESC
            """,
            now.minus(RECENT).toEpochMilli(),
            now.toEpochMilli())) {
      return rows.map(row -> Columns.read(row, "the use of key", "key_id", UsageTables::use))
          .toList();
    }
  }

  /**
   * Takes off what a key has used; below nothing where charges that were counted are still to come.
   */
  static void giveBack(DbExecute execute, QuotaUse use) {
    execute
        .createInsert(
            """
            INSERT INTO quota_use (key_id, period, starts_at, used)
            VALUES (:key, :period, :starts, -:used)
            ON CONFLICT DO UPDATE SET used = used - :used
            """)
        .addParam("key", use.key().value())
        .addParam("period", use.period().wireName())
        .addParam("starts", use.startsAt())
        .addParam("used", use.used())
        .execute();
  }

  /**
   * At the start nothing is still to come: what was given back of charges that were lost with an
   * earlier process is not to be had a second time.
   */
  static void forgetLostCharges(DbExecute execute) {
    execute.dml("UPDATE quota_use SET used = 0 WHERE used < 0");
  }

  /** When each key was used last, in milliseconds since 1970. */
  static Map<KeyId, Long> lastUses(DbExecute execute) {
    try (Stream<DbRow> rows =
        execute.query(
            """
            SELECT key_id, max(time) AS used_at FROM (
              SELECT key_id, time FROM last_uses UNION ALL
              SELECT key_id, time FROM usage NOT INDEXED
              WHERE sequence > (SELECT summed FROM usage_mark))
            GROUP BY key_id
            """)) {
      return rows.collect(
          Collectors.toMap(
              row -> new KeyId(Columns.text(row, "key_id")),
              row -> Columns.number(row, "used_at")));
    }
  }

  private static QuotaUse use(DbRow row) {
    return new QuotaUse(
        new KeyId(Columns.text(row, "key_id")),
        QuotaPeriod.ofWireName(Columns.text(row, "period")).orElseThrow(),
        Columns.number(row, "starts_at"),
        Columns.number(row, "used"));
  }

  /** The largest sequence of a charge that was kept; 0 when there was none. */
  long lastKept() throws SQLException {
    try (ResultSet result = database.prepared(MARK).executeQuery()) {
      result.next();
      return result.getLong(1);
    }
  }

  /**
   * Keeps charges with everything that follows from them, all or none.
   *
   * @param charges one or more, by their sequence
   */
  void keep(List<Charge> charges) throws SQLException {
    keep(charges, true);
  }

  /** Keeps what a charge adds to the sums, without a row for the call. */
  void keepSums(Charge charge) throws SQLException {
    keep(List.of(charge), false);
  }

  /**
   * Keeps calls that were turned away, all or none.
   *
   * @param first the sequence of the first; the others follow it
   */
  void keepRefused(List<RefusedCall> calls, long first) throws SQLException {
    PreparedStatement row = database.prepared(INSERT_REFUSED);
    PreparedStatement mark = database.prepared(SET_MARK);
    database.transact(
        () -> {
          long sequence = first;
          for (RefusedCall call : calls) {
            row.setLong(1, sequence);
            row.setLong(2, call.time().toEpochMilli());
            row.setString(3, call.requestId());
            row.setString(4, call.key().value());
            row.setString(5, call.model());
            row.setString(6, call.endpoint().path());
            row.setInt(7, call.status());
            row.setInt(8, call.stream() ? 1 : 0);
            row.setLong(9, micros(call.duration()));
            row.setString(10, call.rule());
            int _ = row.executeUpdate();
            sequence++;
          }
          mark.setLong(1, sequence - 1);
          int _ = mark.executeUpdate();
        });
  }

  private void keep(List<Charge> charges, boolean withRows) throws SQLException {
    PreparedStatement row = database.prepared(INSERT);
    PreparedStatement attempt = database.prepared(INSERT_ATTEMPT);
    PreparedStatement use = database.prepared(ADD_USE);
    RollUp daily = RollUp.prepared(database);
    PreparedStatement setAside = database.prepared(Summing.ADD_ONE);
    PreparedStatement mark = database.prepared(SET_MARK);
    var sums = new UsageSums(charges);
    database.transact(
        () -> {
          if (withRows) {
            for (Charge charge : charges) {
              insert(row, charge);
              insertAttempts(attempt, charge);
            }
          } else {
            for (Charge charge : charges) {
              addToSums(setAside, charge.record());
            }
          }
          for (Map.Entry<UsageSums.Periods, UsageSums.Tokens> sum : sums.periods().entrySet()) {
            add(use, sum.getKey(), sum.getValue().total());
          }
          for (Map.Entry<UsageSums.Group, UsageSums.Sum> sum : sums.groups().entrySet()) {
            daily.add(sum.getKey(), sum.getValue());
          }
          mark.setLong(1, charges.getLast().sequence());
          int _ = mark.executeUpdate();
        });
  }

  private static void insert(PreparedStatement row, Charge charge) throws SQLException {
    UsageRecord record = charge.record();
    TokenUsage tokens = record.usage().tokens();
    row.setLong(1, charge.sequence());
    row.setLong(2, record.time().toEpochMilli());
    row.setString(3, record.requestId());
    row.setString(4, record.key().value());
    row.setString(5, record.model());
    row.setString(6, record.upstreamModel());
    row.setString(7, record.backend().wireName());
    row.setString(8, record.endpoint().path());
    row.setLong(9, tokens.prompt());
    row.setLong(10, tokens.completion());
    row.setLong(11, tokens.cached());
    row.setLong(12, tokens.reasoning());
    row.setString(13, record.usage().source().wireName());
    row.setString(14, record.ending().wireName());
    row.setInt(15, record.status());
    row.setInt(16, record.stream() ? 1 : 0);
    Duration firstByte = record.timeToFirstByte();
    if (firstByte == null) {
      row.setNull(17, Types.INTEGER);
    } else {
      row.setLong(17, micros(firstByte));
    }
    row.setLong(18, micros(record.duration()));
    row.setString(19, textOf(record.baseUrl()));
    row.setLong(20, micros(record.waited()));
    int _ = row.executeUpdate();
  }

  private static void addToSums(PreparedStatement sums, UsageRecord record) throws SQLException {
    TokenUsage tokens = record.usage().tokens();
    sums.setLong(1, record.time().toEpochMilli());
    sums.setString(2, record.key().value());
    sums.setString(3, record.model());
    sums.setString(4, record.backend().wireName());
    sums.setString(5, record.ending().wireName());
    sums.setLong(6, tokens.prompt());
    sums.setLong(7, tokens.completion());
    sums.setLong(8, tokens.cached());
    sums.setLong(9, tokens.reasoning());
    int _ = sums.executeUpdate();
  }

  private static void insertAttempts(PreparedStatement row, Charge charge) throws SQLException {
    List<FailedAttempt> attempts = charge.record().failures();
    for (int i = 0; i < attempts.size(); i++) {
      FailedAttempt attempt = attempts.get(i);
      row.setLong(1, charge.sequence());
      row.setInt(2, i + 1);
      row.setString(3, attempt.to().route().name().value());
      row.setString(4, attempt.to().upstreamName());
      row.setString(5, attempt.to().backend().wireName());
      row.setString(6, textOf(attempt.to().target().baseUrl()));
      row.setString(7, attempt.failure().word());
      if (attempt.failure() instanceof UpstreamFailure.Rejected rejected) {
        row.setInt(8, rejected.status());
      } else {
        row.setNull(8, Types.INTEGER);
      }
      row.setLong(9, micros(attempt.waited()));
      row.setLong(10, micros(attempt.took()));
      int _ = row.executeUpdate();
    }
  }

  private static @Nullable String textOf(@Nullable BaseUrl baseUrl) {
    return baseUrl == null ? null : baseUrl.toString();
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }

  private static void add(PreparedStatement use, UsageSums.Periods periods, long tokens)
      throws SQLException {
    if (tokens > 0) {
      use.setString(1, periods.key().value());
      use.setLong(2, tokens);
      use.setLong(3, periods.starts().day());
      use.setLong(4, periods.starts().week());
      use.setLong(5, periods.starts().month());
      int _ = use.executeUpdate();
    }
  }
}
