package io.modelgate.infrastructure.store;

import io.modelgate.application.port.ModelUse;
import io.modelgate.application.port.UsageHistory;
import io.modelgate.domain.access.KeyId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reads sums from {@code usage_daily}. Thread-safe. */
final class SqlUsageHistory implements UsageHistory {
  private static final String BY_MODEL =
      """
      SELECT model, sum(calls), sum(prompt_tokens), sum(completion_tokens)
      FROM usage_daily WHERE key_id = ? AND day >= ?
      GROUP BY model ORDER BY sum(prompt_tokens) + sum(completion_tokens) DESC, model
      """;

  private final StoreReaders readers;

  SqlUsageHistory(StoreReaders readers) {
    this.readers = readers;
  }

  @Override
  public List<ModelUse> byModel(KeyId key, Instant from) {
    return readers.read("reading what a key used", connection -> byModel(key, from, connection));
  }

  private static List<ModelUse> byModel(KeyId key, Instant from, Connection connection)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(BY_MODEL)) {
      query.setString(1, key.value());
      query.setLong(2, from.toEpochMilli());
      try (ResultSet rows = query.executeQuery()) {
        var uses = new ArrayList<ModelUse>();
        while (rows.next()) {
          uses.add(
              new ModelUse(rows.getString(1), rows.getLong(2), rows.getLong(3), rows.getLong(4)));
        }
        return List.copyOf(uses);
      }
    }
  }
}
