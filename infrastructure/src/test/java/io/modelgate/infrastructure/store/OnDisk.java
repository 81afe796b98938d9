package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.access.QuotaPeriod;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a fresh look at the file finds. */
record OnDisk(Path file) {
  List<String> requests() throws SQLException {
    return texts("SELECT request_id FROM usage ORDER BY sequence");
  }

  /** What keys used of one kind of period, all of them together. */
  long used(QuotaPeriod period) throws SQLException {
    return number(
        "SELECT coalesce(sum(used), 0) FROM quota_use WHERE period = '%s'"
            .formatted(period.wireName()));
  }

  /** What was given back of quotas, whatever their period. */
  long givenBack() throws SQLException {
    return number(
        """
        SELECT coalesce(sum(before ->> '$.used_tokens'), 0) FROM audit
        WHERE action = 'reset_usage'
        """);
  }

  /**
   * That the same calls and tokens are found wherever they are written. Quotas that were given back
   * are taken to be those of a key's whole life.
   */
  void agrees() throws SQLException {
    long tokens = number("SELECT coalesce(sum(total_tokens), 0) FROM usage");
    for (QuotaPeriod period : QuotaPeriod.values()) {
      long givenBack = period == QuotaPeriod.TOTAL ? givenBack() : 0;
      assertThat(used(period)).as("used by %s", period).isEqualTo(tokens - givenBack);
    }
    assertThat(
            number("SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) FROM usage_daily"))
        .as("tokens in usage_daily")
        .isEqualTo(tokens);
    assertThat(number("SELECT coalesce(sum(calls), 0) FROM usage_daily"))
        .as("calls in usage_daily")
        .isEqualTo(number("SELECT count(*) FROM usage WHERE outcome <> 'refused'"));
  }

  long number(String query) throws SQLException {
    return Long.parseLong(texts(query).getFirst());
  }

  List<String> texts(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      var texts = new ArrayList<String>();
      while (result.next()) {
        texts.add(Objects.requireNonNull(result.getString(1)));
      }
      return texts;
    }
  }

  void run(String script) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(script);
    }
  }

  private Connection connect() throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 5000");
    }
    return connection;
  }
}
