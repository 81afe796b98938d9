package io.modelgate.infrastructure.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;

/**
 * Brings a database's schema forward, one numbered script after the other, each in a transaction of
 * its own together with its row in {@code schema_version}. There is no way back.
 *
 * @param scripts resource names beside this class, {@code 0001_…} first, without gaps
 */
record Migrations(List<String> scripts) {
  /** All there are. A script that has been released is never edited; a change is a new script. */
  static final Migrations ALL =
      new Migrations(
          List.of(
              "0001_keys_models_and_token_use.sql",
              "0002_limits_periods_and_usage.sql",
              "0003_targets_tiers_and_attempts.sql",
              "0004_call_log_and_sums.sql",
              "0005_scopes_rotation_and_audit.sql"));

  Migrations {
    scripts = List.copyOf(scripts);
    for (int number = 1; number <= scripts.size(); number++) {
      if (!scripts.get(number - 1).startsWith("%04d_".formatted(number))) {
        throw new IllegalArgumentException("script %d is out of order".formatted(number));
      }
    }
  }

  /** The number of the newest schema this program knows. */
  int newest() {
    return scripts.size();
  }

  /**
   * Applies what is missing.
   *
   * @return the number of the schema found, 0 for an empty file
   * @throws StoreRefused when the file belongs to a newer program, or to another one
   */
  int apply(Connection connection) throws SQLException {
    int found = check(connection);
    for (int number = found + 1; number <= newest(); number++) {
      apply(connection, number);
    }
    return found;
  }

  /** As {@link #apply}, but changes nothing. */
  int check(Connection connection) throws SQLException {
    int found = version(connection);
    if (found > newest()) {
      throw new StoreRefused(
          "The database has schema %d, and this program knows only schemas up to %d: it was used by a newer ModelGate. Start that version, or restore a backup."
              .formatted(found, newest()));
    }
    return found;
  }

  private static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (count(statement, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'")
          == 1) {
        return count(statement, "SELECT coalesce(max(number), 0) FROM schema_version");
      }
      if (count(statement, "SELECT count(*) FROM sqlite_schema") > 0) {
        throw new StoreRefused(
            "The database belongs to another program: it has tables, but none of ModelGate's.");
      }
      return 0;
    }
  }

  private static int count(Statement statement, String query) throws SQLException {
    try (ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getInt(1);
    }
  }

  private void apply(Connection connection, int number) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "CREATE TABLE IF NOT EXISTS schema_version (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT");
      statement.executeUpdate(script(scripts.get(number - 1)));
      statement.executeUpdate(
          "INSERT INTO schema_version VALUES (%d, CAST(unixepoch('subsec') * 1000 AS INTEGER))"
              .formatted(number));
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    }
    connection.setAutoCommit(true);
  }

  private static String script(String name) {
    try (InputStream in =
        Objects.requireNonNull(Migrations.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + name, e);
    }
  }
}
