package io.modelgate.infrastructure.store;

import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports.Filter;
import io.modelgate.application.port.UsageReports.FirstBytes;
import io.modelgate.application.port.UsageReports.Group;
import io.modelgate.application.port.UsageReports.Grouping;
import io.modelgate.domain.access.KeyId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Adds up calls within one transaction that reads: spans from {@code usage_sums}, pieces of hours
 * and what is not summed yet from {@code usage}.
 */
final class SumsReader {
  private static final String SUMMED =
      """
      sum(requests), sum(errors), sum(refused),
      sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), sum(reasoning_tokens)
      """;

  /** Rows are added up by quarters of an hour: no zone's days begin between those. */
  private static final long QUARTER = Duration.ofMinutes(15).toMillis();

  private static final String EDGES =
      "SELECT summed, (SELECT min(sequence) FROM usage), (SELECT min(time) FROM usage) FROM usage_mark";
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final Connection connection;
  private final long summed;
  private final long rowsFrom;

  /** Finds out which rows there are. */
  SumsReader(Connection connection) throws SQLException {
    this.connection = connection;
    try (PreparedStatement edges = connection.prepareStatement(EDGES);
        ResultSet found = edges.executeQuery()) {
      found.next();
      summed = found.getLong(1);
      long firstRow = found.getLong(2);
      // The hour of the first that is left may have lost some.
      rowsFrom =
          firstRow == 1
              ? 0
              : firstRow == 0 ? Long.MAX_VALUE : Math.ceilDiv(found.getLong(3), HOUR) * HOUR;
    }
  }

  /** The sums of each interval. */
  List<CallSums> series(Filter filter, List<Instant> bounds) throws SQLException {
    Map<String, CallSums[]> found = read(filter, null, null, bounds);
    CallSums[] series = found.getOrDefault("", nothing(bounds));
    return List.of(series);
  }

  /** The series of those groups. */
  Map<String, List<CallSums>> series(
      Filter filter, Grouping by, List<String> names, List<Instant> bounds) throws SQLException {
    Map<String, CallSums[]> found = read(filter, by, names, bounds);
    var series = new HashMap<String, List<CallSums>>();
    for (String name : names) {
      series.put(name, List.of(found.getOrDefault(name, nothing(bounds))));
    }
    return series;
  }

  /** The sums of each group that has calls, most tokens first. */
  List<Group> groups(Filter filter, Grouping by, Instant from, Instant to) throws SQLException {
    return read(filter, by, null, List.of(from, to)).entrySet().stream()
        .map(entry -> new Group(entry.getKey(), entry.getValue()[0]))
        .filter(group -> !group.sums().isEmpty())
        .sorted(
            Comparator.comparingLong((Group group) -> group.sums().total())
                .thenComparingLong(group -> group.sums().requests())
                .thenComparingLong(group -> group.sums().refused())
                .reversed()
                .thenComparing(Group::name))
        .toList();
  }

  private static CallSums[] nothing(List<Instant> bounds) {
    var nothing = new CallSums[bounds.size() - 1];
    Arrays.fill(nothing, CallSums.NONE);
    return nothing;
  }

  private Map<String, CallSums[]> read(
      Filter filter, @Nullable Grouping by, @Nullable List<String> names, List<Instant> bounds)
      throws SQLException {
    List<Long> millis = bounds.stream().map(Instant::toEpochMilli).toList();
    Tiles tiles = Tiles.of(millis, rowsFrom);
    var found = new HashMap<String, CallSums[]>();
    addTiles(tiles, filter, by, names, bounds, found);
    if (!tiles.pieces().isEmpty()) {
      addPieces(tiles, filter, by, names, bounds, found);
    }
    addRest(millis, filter, by, names, bounds, found);
    return found;
  }

  private void addTiles(
      Tiles tiles,
      Filter filter,
      @Nullable Grouping by,
      @Nullable List<String> names,
      List<Instant> bounds,
      Map<String, CallSums[]> found)
      throws SQLException {
    var query = new SqlText("SELECT json_extract(tile.value, '$[0]'), ");
    query
        .add(column(by, "model"))
        .add(", ")
        .add(SUMMED)
        .add("FROM json_each(")
        .bind(tiles.tilesJson())
        .add(") tile CROSS JOIN usage_sums ON hours = json_extract(tile.value, '$[1]')")
        .add(" AND starts_at = json_extract(tile.value, '$[2]')");
    KeyId key = filter.key();
    if (key != null) {
      query.add(" AND key_id = ").bind(key.value());
    } else if (by != Grouping.KEY) {
      query.add(" AND key_id = ''");
    } else if (names == null) {
      query.add(" AND key_id > ''");
    }
    narrow(query, filter, by, names, "model");
    query.add(" GROUP BY 1, 2");
    collect(query, bounds, found);
  }

  private void addPieces(
      Tiles tiles,
      Filter filter,
      @Nullable Grouping by,
      @Nullable List<String> names,
      List<Instant> bounds,
      Map<String, CallSums[]> found)
      throws SQLException {
    KeyId key = filter.key();
    var query = new SqlText("SELECT json_extract(piece.value, '$[0]'), ");
    query
        .add(column(by, Summing.MODEL))
        .add(", ")
        .add(Summing.VALUES)
        .add("FROM json_each(")
        .bind(tiles.piecesJson())
        .add(") piece CROSS JOIN usage INDEXED BY ")
        .add(key == null ? "usage_by_time" : "usage_by_key")
        .add(" ON time >= json_extract(piece.value, '$[1]')")
        .add(" AND time < json_extract(piece.value, '$[2]')");
    if (key != null) {
      query.add(" AND key_id = ").bind(key.value());
    }
    query.add(" AND sequence <= ").bind(summed);
    narrow(query, filter, by, names, Summing.MODEL);
    query.add(" GROUP BY 1, 2");
    collect(query, bounds, found);
  }

  private void addRest(
      List<Long> millis,
      Filter filter,
      @Nullable Grouping by,
      @Nullable List<String> names,
      List<Instant> bounds,
      Map<String, CallSums[]> found)
      throws SQLException {
    var query = new SqlText("SELECT time / ").bind(QUARTER).add(", ");
    query
        .add(column(by, Summing.MODEL))
        .add(", ")
        .add(Summing.VALUES)
        .add("FROM usage NOT INDEXED WHERE sequence > ")
        .bind(summed)
        .add(" AND time >= ")
        .bind(millis.getFirst())
        .add(" AND time < ")
        .bind(millis.getLast());
    KeyId key = filter.key();
    if (key != null) {
      query.add(" AND key_id = ").bind(key.value());
    }
    narrow(query, filter, by, names, Summing.MODEL);
    query.add(" GROUP BY 1, 2");
    NavigableMap<Long, Integer> begins = new TreeMap<>();
    for (int interval = 0; interval < millis.size() - 1; interval++) {
      begins.put(millis.get(interval), interval);
    }
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        long quarter = Math.max(rows.getLong(1) * QUARTER, millis.getFirst());
        add(rows, begins.floorEntry(quarter).getValue(), bounds, found);
      }
    }
  }

  /** By the model and backend asked for, and the groups. */
  private static void narrow(
      SqlText query,
      Filter filter,
      @Nullable Grouping by,
      @Nullable List<String> names,
      String model) {
    if (filter.model() != null) {
      query.add(" AND ").add(model).add(" = ").bind(filter.model());
    }
    if (filter.backend() != null) {
      query.add(" AND backend = ").bind(filter.backend().wireName());
    }
    if (names != null) {
      query.add(" AND ").add(column(by, model)).add(" IN (").bindAll(names).add(")");
    }
  }

  private static String column(@Nullable Grouping by, String model) {
    return switch (by) {
      case null -> "''";
      case KEY -> "key_id";
      case MODEL -> model;
      case BACKEND -> "backend";
    };
  }

  private void collect(SqlText query, List<Instant> bounds, Map<String, CallSums[]> found)
      throws SQLException {
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        add(rows, rows.getInt(1), bounds, found);
      }
    }
  }

  private static void add(
      ResultSet row, int interval, List<Instant> bounds, Map<String, CallSums[]> found)
      throws SQLException {
    CallSums[] series = found.computeIfAbsent(row.getString(2), _ -> nothing(bounds));
    series[interval] =
        series[interval].plus(
            new CallSums(
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9)));
  }

  /** From buckets, as if calls lay evenly within each. */
  FirstBytes firstBytes(Instant from, Instant to) throws SQLException {
    List<Long> bounds = List.of(from.toEpochMilli(), to.toEpochMilli());
    Tiles tiles = Tiles.of(bounds, rowsFrom);
    var calls = new TreeMap<Integer, Long>();
    var query =
        new SqlText("SELECT bucket, sum(calls) FROM json_each(")
            .bind(tiles.tilesJson())
            .add(") tile CROSS JOIN first_bytes ON hours = json_extract(tile.value, '$[1]')")
            .add(" AND starts_at = json_extract(tile.value, '$[2]') GROUP BY 1");
    count(query, calls);
    if (!tiles.pieces().isEmpty()) {
      count(
          new SqlText("SELECT ")
              .add(Summing.BUCKET)
              .add(", count(*) FROM json_each(")
              .bind(tiles.piecesJson())
              .add(") piece CROSS JOIN usage INDEXED BY usage_by_time")
              .add(" ON time >= json_extract(piece.value, '$[1]')")
              .add(" AND time < json_extract(piece.value, '$[2]') AND sequence <= ")
              .bind(summed)
              .add(" AND ")
              .add(Summing.HAS_BUCKET)
              .add(" GROUP BY 1"),
          calls);
    }
    count(
        new SqlText("SELECT ")
            .add(Summing.BUCKET)
            .add(", count(*) FROM usage NOT INDEXED WHERE sequence > ")
            .bind(summed)
            .add(" AND time >= ")
            .bind(bounds.getFirst())
            .add(" AND time < ")
            .bind(bounds.getLast())
            .add(" AND ")
            .add(Summing.HAS_BUCKET)
            .add(" GROUP BY 1"),
        calls);
    return new FirstBytes(quantile(calls, 0.5), quantile(calls, 0.95));
  }

  private void count(SqlText query, Map<Integer, Long> calls) throws SQLException {
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        long _ = calls.merge(rows.getInt(1), rows.getLong(2), Long::sum);
      }
    }
  }

  private static @Nullable Duration quantile(NavigableMap<Integer, Long> calls, double share) {
    double rank = share * calls.values().stream().mapToLong(Long::longValue).sum();
    double before = 0;
    for (Map.Entry<Integer, Long> bucket : calls.entrySet()) {
      if (before + bucket.getValue() >= rank) {
        double within = (rank - before) / bucket.getValue();
        return Duration.ofNanos(Math.round(1_000 * Math.pow(2, (bucket.getKey() + within) / 8)));
      }
      before += bucket.getValue();
    }
    return null;
  }
}
