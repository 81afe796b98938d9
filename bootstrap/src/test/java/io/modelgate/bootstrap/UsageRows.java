package io.modelgate.bootstrap;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sqlite.SQLiteConfig;

/** What a gateway keeps of the calls that it sent somewhere, read from its file beside it. */
record UsageRows(List<UsageRow> calls, Map<String, Long> usedByKey, Map<String, Long> sumsByKey) {
  /** One record. */
  record UsageRow(
      String requestId,
      String keyId,
      String model,
      String backend,
      long prompt,
      long completion,
      String source,
      String outcome,
      int status,
      boolean stream) {
    long total() {
      return prompt + completion;
    }
  }

  /**
   * Reads everything, in the order in which it was kept.
   *
   * @param database as of {@code database.path}
   */
  static UsageRows of(Path database) {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(5_000);
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + database, config.toProperties());
        var statement = connection.createStatement()) {
      var calls = new ArrayList<UsageRow>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT * FROM usage WHERE outcome <> 'refused' ORDER BY sequence")) {
        while (rows.next()) {
          calls.add(row(rows));
        }
      }
      Map<String, Long> used =
          sums(
              statement.executeQuery(
                  "SELECT key_id, used FROM quota_use WHERE period = 'total' AND starts_at = 0"));
      Map<String, Long> sums =
          sums(
              statement.executeQuery(
                  "SELECT key_id, sum(prompt_tokens + completion_tokens) FROM usage_daily GROUP BY key_id"));
      return new UsageRows(calls, used, sums);
    } catch (SQLException e) {
      throw new AssertionError("reading " + database, e);
    }
  }

  private static UsageRow row(ResultSet row) throws SQLException {
    return new UsageRow(
        row.getString("request_id"),
        row.getString("key_id"),
        row.getString("model"),
        row.getString("backend"),
        row.getLong("prompt_tokens"),
        row.getLong("completion_tokens"),
        row.getString("usage_source"),
        row.getString("outcome"),
        row.getInt("status"),
        row.getBoolean("stream"));
  }

  private static Map<String, Long> sums(ResultSet rows) throws SQLException {
    var sums = new HashMap<String, Long>();
    try (rows) {
      while (rows.next()) {
        sums.put(rows.getString(1), rows.getLong(2));
      }
    }
    return sums;
  }

  /** Those of one key. */
  List<UsageRow> of(String keyId) {
    return calls.stream().filter(call -> call.keyId().equals(keyId)).toList();
  }

  /** What one key's calls come to. */
  long total(String keyId) {
    return of(keyId).stream().mapToLong(UsageRow::total).sum();
  }
}
