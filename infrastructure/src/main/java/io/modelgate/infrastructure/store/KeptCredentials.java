package io.modelgate.infrastructure.store;

import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** All encrypted credentials of a database, wherever they stand; for whoever changes the key. */
final class KeptCredentials {
  /** Every column that holds some; a new one must be named here, or a rotation loses it. */
  static final List<Place> PLACES = List.of(new Place("models", "id", "credential"));

  private KeptCredentials() {}

  /**
   * A column.
   *
   * @param owner the column with the model's id that each is bound to
   */
  record Place(String table, String owner, String column) {}

  private record Kept(
      long row, ModelId owner, @SuppressWarnings("ArrayRecordComponent") byte[] sealed) {}

  static int count(Connection connection) throws SQLException {
    int count = 0;
    for (Place place : PLACES) {
      count += all(connection, place).size();
    }
    return count;
  }

  /** Whether there are any and the key opens them all. */
  static boolean areOpenedBy(CredentialCipher cipher, Connection connection) throws SQLException {
    int opened = 0;
    for (Place place : PLACES) {
      for (Kept kept : all(connection, place)) {
        try {
          Credential _ = cipher.decrypt(kept.owner(), kept.sealed());
          opened++;
        } catch (GeneralSecurityException _) {
          return false;
        }
      }
    }
    return opened > 0;
  }

  /**
   * Seals all anew, in one transaction that outlives a power cut where the connection's do. What
   * was there before is overwritten in the file too.
   *
   * @return how many there were
   * @throws StoreRefused when one does not open with the old key; then nothing has changed
   */
  static int reseal(Connection connection, CredentialCipher old, CredentialCipher fresh)
      throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("PRAGMA secure_delete = ON");
    }
    connection.setAutoCommit(false);
    int count = 0;
    try {
      for (Place place : PLACES) {
        for (Kept kept : all(connection, place)) {
          update(connection, place, kept.row(), fresh.encrypt(kept.owner(), open(kept, old)));
          count++;
        }
      }
      connection.commit();
      return count;
    } catch (SQLException | StoreRefused e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static Credential open(Kept kept, CredentialCipher old) {
    try {
      return old.decrypt(kept.owner(), kept.sealed());
    } catch (GeneralSecurityException e) {
      throw new StoreRefused(
          "The credential of model %s cannot be decrypted: the secret key in use is not the one it was encrypted with."
              .formatted(kept.owner()),
          e);
    }
  }

  private static void update(Connection connection, Place place, long row, byte[] sealed)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE %s SET %s = ? WHERE rowid = ?".formatted(place.table(), place.column()))) {
      update.setBytes(1, sealed);
      update.setLong(2, row);
      update.executeUpdate();
    }
  }

  /** None where the schema is too old to have such a column. */
  private static List<Kept> all(Connection connection, Place place) throws SQLException {
    var all = new ArrayList<Kept>();
    if (!exists(connection, place)) {
      return all;
    }
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT rowid, %s, %s FROM %s WHERE %2$s IS NOT NULL"
                    .formatted(place.owner(), place.column(), place.table()))) {
      while (rows.next()) {
        all.add(new Kept(rows.getLong(1), new ModelId(rows.getString(2)), rows.getBytes(3)));
      }
    }
    return all;
  }

  private static boolean exists(Connection connection, Place place) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT 1 FROM pragma_table_info(?) WHERE name = ?")) {
      query.setString(1, place.table());
      query.setString(2, place.column());
      try (ResultSet found = query.executeQuery()) {
        return found.next();
      }
    }
  }
}
