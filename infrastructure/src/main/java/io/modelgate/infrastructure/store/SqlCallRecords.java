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
 * Reads the rows of {@code usage} along their indexes, latest first, and a bounded number of them
 * for one page. Thread-safe.
 */
final class SqlCallRecords implements CallRecords {
  /** How many calls are looked at before the clock is. */
  private static final int WINDOW = 10_000;

  /** After that long a page ends early; with the rest around it that stays well below 200 ms. */
  private static final long LONGEST_LOOK = Duration.ofMillis(80).toNanos();

  private static final String COLUMNS =
      """
      sequence, time, request_id, key_id, model, upstream_model, backend, base_url, endpoint,
      stream, status, outcome, refusal, usage_source, prompt_tokens, completion_tokens,
      cached_tokens, reasoning_tokens, time_to_first_byte_us, duration_us, waited_us
      """;

  private static final String LATEST_FIRST = " ORDER BY time DESC, sequence DESC LIMIT ";

  private final StoreReaders readers;
  private final int window;

  SqlCallRecords(StoreReaders readers) {
    this(readers, WINDOW);
  }

  /** One that looks at the clock after so many calls. */
  SqlCallRecords(StoreReaders readers, int window) {
    this.readers = readers;
    this.window = window;
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

  private Page page(Filter filter, @Nullable Position after, int limit, Connection connection)
      throws SQLException {
    return filter.requestId() == null
        ? lookThrough(filter, after, limit, connection)
        : ofOneRequest(filter, filter.requestId(), after, limit, connection);
  }

  /** Window by window, until the page is full or it has taken long enough. */
  private Page lookThrough(
      Filter filter, @Nullable Position after, int limit, Connection connection)
      throws SQLException {
    long end = System.nanoTime() + LONGEST_LOOK;
    var found = new ArrayList<KeptCall>();
    for (Position from = after; ; ) {
      Position to = endOfWindow(filter, from, connection);
      SqlText query = select(filter, index(filter));
      between(query, filter, from, to);
      query.add(LATEST_FIRST).bind(limit + 1 - found.size());
      found.addAll(read(query, connection));
      if (found.size() > limit) {
        return full(found, limit);
      }
      if (to == null) {
        return new Page(found, null);
      }
      if (System.nanoTime() - end >= 0) {
        return new Page(found, to);
      }
      from = to;
    }
  }

  private static Page full(List<KeptCall> found, int limit) {
    KeptCall last = found.get(limit - 1);
    return new Page(found.subList(0, limit), new Position(last.time(), last.number()));
  }

  /** The last call of the window; null when there are no more calls than that. */
  private @Nullable Position endOfWindow(
      Filter filter, @Nullable Position from, Connection connection) throws SQLException {
    var query = new SqlText("SELECT time, sequence FROM usage INDEXED BY ");
    query.add(index(filter)).add(" WHERE true");
    along(query, filter);
    between(query, filter, from, null);
    query.add(LATEST_FIRST).add("1 OFFSET ").bind(window - 1);
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      return rows.next()
          ? new Position(Instant.ofEpochMilli(rows.getLong(1)), rows.getLong(2))
          : null;
    }
  }

  /** What the filter says, but for the range, along that index. */
  private static SqlText select(Filter filter, String index) {
    var query = new SqlText("SELECT ").add(COLUMNS).add("FROM usage INDEXED BY ").add(index);
    query.add(" WHERE true");
    along(query, filter);
    narrow(query, filter);
    return query;
  }

  private static String index(Filter filter) {
    if (filter.key() != null) {
      return "usage_by_key";
    }
    return isException(filter) ? "usage_exceptions" : "usage_by_time";
  }

  /** Whether only calls are asked for that did not end well. */
  private static boolean isException(Filter filter) {
    return (filter.outcome() != null && !filter.outcome().equals("completed"))
        || (filter.status() != null && filter.status().least() >= 400);
  }

  /** What the index itself tells. */
  private static void along(SqlText query, Filter filter) {
    if (filter.key() != null) {
      query.add(" AND key_id = ").bind(filter.key().value());
    } else if (isException(filter)) {
      query.add(" AND outcome <> 'completed'");
    }
  }

  private static void narrow(SqlText query, Filter filter) {
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

  /**
   * The part of the range that comes after a call, latest first, up to another.
   *
   * @param after not in it; null for the range's end
   * @param last in it; null for the range's beginning
   */
  private static void between(
      SqlText query, Filter filter, @Nullable Position after, @Nullable Position last) {
    query.add(" AND time >= ").bind(filter.from().toEpochMilli());
    query.add(" AND time < ").bind(filter.to().toEpochMilli());
    if (after != null) {
      long time = after.time().toEpochMilli();
      query.add(" AND time <= ").bind(time);
      query.add(" AND (time, sequence) < (").bind(time).add(", ").bind(after.number()).add(")");
    }
    if (last != null) {
      long time = last.time().toEpochMilli();
      query.add(" AND time >= ").bind(time);
      query.add(" AND (time, sequence) >= (").bind(time).add(", ").bind(last.number()).add(")");
    }
  }

  /** Looks in the pieces of the table in which the hashes say that it may be. */
  private static Page ofOneRequest(
      Filter filter, String id, @Nullable Position after, int limit, Connection connection)
      throws SQLException {
    var query =
        new SqlText("SELECT ").add(COLUMNS).add("FROM usage NOT INDEXED WHERE sequence IN (");
    query.bindAll(RequestIds.of(id, connection)).add(")");
    if (filter.key() != null) {
      query.add(" AND key_id = ").bind(filter.key().value());
    }
    narrow(query, filter);
    between(query, filter, after, null);
    query.add(LATEST_FIRST).bind(limit + 1);
    List<KeptCall> found = read(query, connection);
    return found.size() > limit ? full(found, limit) : new Page(found, null);
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
