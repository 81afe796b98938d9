package io.modelgate.infrastructure.store;

import io.modelgate.application.port.CallRecords;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.TokenUsage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of {@code usage}, the last that ended first; {@code call_index} says which.
 * Thread-safe.
 */
final class SqlCallRecords implements CallRecords {
  /** After that long a page ends early; with the rest around it that stays well below 200 ms. */
  private static final long LONGEST_LOOK = Duration.ofMillis(80).toNanos();

  private static final String COLUMNS =
      """
      sequence, time, request_id, key_id, model, upstream_model, backend, base_url, endpoint,
      stream, status, outcome, refusal, usage_source, prompt_tokens, completion_tokens,
      cached_tokens, reasoning_tokens, time_to_first_byte_us, duration_us, waited_us
      """;

  private final StoreReaders readers;

  SqlCallRecords(StoreReaders readers) {
    this.readers = readers;
  }

  @Override
  public Page page(Filter filter, @Nullable Position after, int limit) {
    return readers.read(
        "reading the log of calls", connection -> page(filter, after, limit, connection));
  }

  @Override
  public Optional<KeptCall> byNumber(long number) {
    return readers.read("reading a call", connection -> byNumber(number, connection));
  }

  private static Optional<KeptCall> byNumber(long number, Connection connection)
      throws SQLException {
    var query =
        new SqlText("SELECT ").add(COLUMNS).add("FROM usage WHERE sequence = ").bind(number);
    return read(query, connection).stream().findFirst();
  }

  private static Page page(
      Filter filter, @Nullable Position after, int limit, Connection connection)
      throws SQLException {
    long end = System.nanoTime() + LONGEST_LOOK;
    long before = after == null ? Long.MAX_VALUE : after.number();
    List<KeptCall> found = notIndexed(filter, before, limit + 1, connection);
    try (PreparedStatement query = pieces(filter, before).prepare(connection);
        ResultSet pieces = query.executeQuery()) {
      while (found.size() <= limit && pieces.next()) {
        long last = pieces.getLong(1);
        byte[] entries = pieces.getBytes(2);
        List<Long> candidates = CallIndex.candidates(entries, last, before, filter);
        addAll(candidates, filter, limit + 1, found, connection);
        if (System.nanoTime() - end >= 0 && found.size() <= limit) {
          return new Page(found, new Position(CallIndex.first(entries, last)));
        }
      }
    }
    return found.size() <= limit
        ? new Page(found, null)
        : new Page(found.subList(0, limit), new Position(found.get(limit - 1).number()));
  }

  /** The latest, which are not in the index yet. */
  private static List<KeptCall> notIndexed(
      Filter filter, long before, int most, Connection connection) throws SQLException {
    var query = new SqlText("SELECT ").add(COLUMNS).add("FROM usage NOT INDEXED");
    query.add(" WHERE sequence > (SELECT summed FROM usage_mark) AND sequence < ").bind(before);
    narrow(query, filter);
    query.add(" ORDER BY sequence DESC LIMIT ").bind(most);
    return read(query, connection);
  }

  /**
   * Those of the index that may have calls of the range, the latest first: the last sequence, and
   * the entries.
   */
  private static SqlText pieces(Filter filter, long before) {
    return new SqlText("SELECT last, entries FROM call_index")
        .add(" WHERE last <= (SELECT coalesce(min(last), ")
        .bind(Long.MAX_VALUE)
        .add(") FROM call_index WHERE last >= ")
        .bind(before - 1)
        .add(") AND latest >= ")
        .bind(filter.from().toEpochMilli())
        .add(" AND earliest < ")
        .bind(filter.to().toEpochMilli())
        .add(" ORDER BY last DESC");
  }

  /** Reads candidates, some at a time, until there are enough calls. */
  private static void addAll(
      List<Long> candidates, Filter filter, int enough, List<KeptCall> found, Connection connection)
      throws SQLException {
    for (int at = 0; at < candidates.size() && found.size() < enough; ) {
      int to = Math.min(candidates.size(), at + enough - found.size());
      var query = new SqlText("SELECT ").add(COLUMNS).add("FROM usage NOT INDEXED");
      query.add(" WHERE sequence IN (").bindAll(candidates.subList(at, to)).add(")");
      narrow(query, filter);
      query.add(" ORDER BY sequence DESC");
      found.addAll(read(query, connection));
      at = to;
    }
  }

  private static void narrow(SqlText query, Filter filter) {
    query.add(" AND time >= ").bind(filter.from().toEpochMilli());
    query.add(" AND time < ").bind(filter.to().toEpochMilli());
    if (filter.key() != null) {
      query.add(" AND key_id = ").bind(filter.key().value());
    }
    if (filter.model() != null) {
      query.add(" AND model = ").bind(filter.model());
    }
    if (filter.backend() != null) {
      query.add(" AND backend = ").bind(filter.backend().wireName());
    }
    if (filter.status() != null) {
      query
          .add(" AND status BETWEEN ")
          .bind(filter.status().least())
          .add(" AND ")
          .bind(filter.status().most());
    }
    if (filter.outcome() != null) {
      query.add(" AND outcome = ").bind(filter.outcome());
    }
    if (filter.slowerThan() != null) {
      query.add(" AND duration_us >= ").bind(filter.slowerThan().toNanos() / 1_000);
    }
    if (filter.requestId() != null) {
      query.add(" AND request_id = ").bind(filter.requestId());
    }
  }

  private static List<KeptCall> read(SqlText query, Connection connection) throws SQLException {
    var calls = new ArrayList<KeptCall>();
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        calls.add(call(rows, List.of()));
      }
    }
    return withAttempts(calls, connection);
  }

  private static List<KeptCall> withAttempts(List<KeptCall> calls, Connection connection)
      throws SQLException {
    var query =
        new SqlText("SELECT * FROM failed_attempts WHERE sequence IN (")
            .bindAll(calls.stream().map(KeptCall::number).toList())
            .add(") ORDER BY sequence, number");
    Map<Long, List<KeptAttempt>> attempts = new HashMap<>();
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        attempts
            .computeIfAbsent(rows.getLong("sequence"), _ -> new ArrayList<>())
            .add(attempt(rows));
      }
    }
    if (attempts.isEmpty()) {
      return calls;
    }
    return calls.stream()
        .map(call -> call.withAttempts(attempts.getOrDefault(call.number(), List.of())))
        .toList();
  }

  private static KeptCall call(ResultSet row, List<KeptAttempt> attempts) throws SQLException {
    return new KeptCall(
        row.getLong("sequence"),
        Instant.ofEpochMilli(row.getLong("time")),
        row.getString("request_id"),
        new KeyId(row.getString("key_id")),
        row.getString("model"),
        textOrNull(row, "upstream_model"),
        textOrNull(row, "backend"),
        row.getString("base_url"),
        row.getString("endpoint"),
        row.getBoolean("stream"),
        row.getInt("status"),
        row.getString("outcome"),
        row.getString("refusal"),
        textOrNull(row, "usage_source"),
        new TokenUsage(
            row.getLong("prompt_tokens"),
            row.getLong("completion_tokens"),
            row.getLong("cached_tokens"),
            row.getLong("reasoning_tokens")),
        microsOrNull(row, "time_to_first_byte_us"),
        micros(row.getLong("duration_us")),
        micros(row.getLong("waited_us")),
        attempts);
  }

  private static KeptAttempt attempt(ResultSet row) throws SQLException {
    int status = row.getInt("status");
    return new KeptAttempt(
        row.getString("model"),
        row.getString("upstream_model"),
        row.getString("backend"),
        row.getString("base_url"),
        row.getString("failure"),
        status == 0 ? null : status,
        micros(row.getLong("waited_us")),
        micros(row.getLong("duration_us")));
  }

  private static @Nullable String textOrNull(ResultSet row, String column) throws SQLException {
    String text = row.getString(column);
    return text == null || text.isEmpty() ? null : text;
  }

  private static @Nullable Duration microsOrNull(ResultSet row, String column) throws SQLException {
    long micros = row.getLong(column);
    return row.wasNull() ? null : micros(micros);
  }

  private static Duration micros(long micros) {
    return Duration.ofNanos(micros * 1_000);
  }
}
