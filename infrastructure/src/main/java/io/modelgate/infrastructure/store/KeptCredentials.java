package io.modelgate.infrastructure.store;

import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** All encrypted credentials of a database, wherever they stand; for whoever changes the key. */
final class KeptCredentials {
  /**
   * Every column that holds some, in any schema; a new one must be named here, or a rotation loses
   * it. The second is of schema 3.
   */
  static final List<Place> PLACES =
      List.of(
          new Place("models", "id", "id", "credential"),
          new Place("model_targets", "model_id, position", "model_id", "credential"));

  private KeptCredentials() {}

  /**
   * A column.
   *
   * @param key the columns that tell rows apart, parted by commas
   * @param owner the column with the model's id that each is bound to
   */
  record Place(String table, String key, String owner, String column) {}

  private record Kept(
      List<Object> key, ModelId owner, @SuppressWarnings("ArrayRecordComponent") byte[] sealed) {}

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
          update(connection, place, kept.key(), fresh.encrypt(kept.owner(), open(kept, old)));
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

  private static void update(Connection connection, Place place, List<Object> key, byte[] sealed)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE %s SET %s = ? WHERE (%s) = (%s)"
                .formatted(
                    place.table(),
                    place.column(),
                    place.key(),
                    String.join(", ", Collections.nCopies(key.size(), "?"))))) {
      update.setBytes(1, sealed);
      for (int i = 0; i < key.size(); i++) {
        update.setObject(2 + i, key.get(i));
      }
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
                "SELECT %s, %s, %s FROM %s WHERE %1$s IS NOT NULL"
                    .formatted(place.column(), place.owner(), place.key(), place.table()))) {
      while (rows.next()) {
        var key = new ArrayList<Object>();
        for (int i = 3; i <= rows.getMetaData().getColumnCount(); i++) {
          key.add(rows.getObject(i));
        }
        all.add(new Kept(key, new ModelId(rows.getString(2)), rows.getBytes(1)));
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
