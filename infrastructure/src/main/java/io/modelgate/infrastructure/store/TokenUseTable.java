package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import io.modelgate.domain.access.KeyId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rows of {@code token_use}. */
final class TokenUseTable {
  private TokenUseTable() {}

  static Map<KeyId, Long> all(DbExecute execute) {
    try (Stream<DbRow> rows = execute.query("SELECT * FROM token_use")) {
      return rows.collect(
          Collectors.toMap(
              row ->
                  Columns.read(
                      row, "the use of key", "key_id", r -> new KeyId(Columns.text(r, "key_id"))),
              row -> Columns.number(row, "used")));
    }
  }

  /**
   * Adds all sums in one transaction. Plain JDBC, because DbClient knows no batches.
   *
   * @param connection in auto-commit mode; after an exception in any mode
   */
  static void add(Connection connection, Map<KeyId, Long> sums) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO token_use (key_id, used) VALUES (?, ?)
            ON CONFLICT (key_id) DO UPDATE SET used = used + excluded.used
            """)) {
      for (Map.Entry<KeyId, Long> sum : sums.entrySet()) {
        statement.setString(1, sum.getKey().value());
        statement.setLong(2, sum.getValue());
        statement.addBatch();
      }
      statement.executeBatch();
    }
    connection.commit();
    connection.setAutoCommit(true);
  }
}
