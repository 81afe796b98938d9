package io.modelgate.infrastructure.store;

import io.modelgate.application.port.AuditTrail;
import io.modelgate.application.port.Deed;
import io.modelgate.infrastructure.store.Job.Decision;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the rows of {@code audit}. Thread-safe. */
final class SqlAuditTrail implements AuditTrail {
  private static final String PAGE =
      """
      SELECT sequence, time, actor, address, action, kind, object_id, object_name, before, after
      FROM audit
      WHERE sequence < ?1 AND time >= ?2 AND time < ?3
        AND (?4 IS NULL OR kind = ?4) AND (?5 IS NULL OR object_id = ?5)
      ORDER BY sequence DESC LIMIT ?6
      """;

  private final StoreWriter writer;
  private final StoreReaders readers;

  SqlAuditTrail(StoreWriter writer, StoreReaders readers) {
    this.writer = writer;
    this.readers = readers;
  }

  @Override
  public void noteAdminKey(Deed deed) {
    boolean _ =
        writer.change(
            "noting a change",
            () ->
                new Decision.Write<>(
                    true, execute -> AuditTable.noteAdminKey(execute, deed), () -> {}));
  }

  @Override
  public List<Entry> page(Wish wish, @Nullable Long before, int limit) {
    return readers.read(
        "reading who changed what", connection -> page(connection, wish, before, limit));
  }

  private static List<Entry> page(
      Connection connection, Wish wish, @Nullable Long before, int limit) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(PAGE)) {
      query.setLong(1, before == null ? Long.MAX_VALUE : before);
      query.setLong(2, wish.from() == null ? Long.MIN_VALUE : wish.from().toEpochMilli());
      query.setLong(3, wish.to() == null ? Long.MAX_VALUE : wish.to().toEpochMilli());
      query.setString(4, wish.kind());
      query.setString(5, wish.objectId());
      query.setInt(6, limit);
      try (ResultSet rows = query.executeQuery()) {
        var entries = new ArrayList<Entry>();
        while (rows.next()) {
          entries.add(
              new Entry(
                  rows.getLong(1),
                  Instant.ofEpochMilli(rows.getLong(2)),
                  rows.getString(3),
                  rows.getString(4),
                  rows.getString(5),
                  rows.getString(6),
                  rows.getString(7),
                  rows.getString(8),
                  rows.getString(9),
                  rows.getString(10)));
        }
        return List.copyOf(entries);
      }
    }
  }
}
