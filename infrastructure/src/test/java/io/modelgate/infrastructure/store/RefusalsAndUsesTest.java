package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.Endpoint;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls that were turned away come into the log some time, and tell when their key was used. */
final class RefusalsAndUsesTest {
  private static final KeyId KEY = new KeyId("a");

  @TempDir private Path directory;
  private StoreSettings settings;
  private OnDisk disk;

  @BeforeEach
  void name() {
    settings = Stores.settings(directory.resolve("modelgate.db"));
    disk = new OnDisk(settings.database());
  }

  private static RefusedCall refused(Instant time) {
    return new RefusedCall(
        time,
        "req_refused",
        KEY,
        "small",
        Endpoint.EMBEDDINGS,
        true,
        429,
        "rpm",
        Duration.ofMillis(3));
  }

  private long rows() throws SQLException {
    return disk.number("SELECT count(*) FROM usage");
  }

  @Test
  void aRefusedCallIsLoggedWhileNobodyElseCalls() throws Exception {
    try (SqlStore store = SqlStore.open(settings)) {
      store.refusedCalls().note(refused(NOON));

      while (rows() == 0) {
        Thread.onSpinWait();
      }
    }
    assertThat(
            disk.texts(
                "SELECT concat_ws('|', time, key_id, model, endpoint, outcome, status, stream,"
                    + " duration_us, refusal, total_tokens) FROM usage"))
        .containsExactly("1794916800000|a|small|/v1/embeddings|refused|429|1|3000|rpm|0");
  }

  @Test
  void whatWaitsIsLoggedAtTheEndAndChargesGoOnFromItsNumber() throws Exception {
    try (SqlStore store = SqlStore.open(settings)) {
      Stores.charge(store, KEY, 10);
      for (int i = 0; i < 50; i++) {
        store.refusedCalls().note(refused(NOON));
      }
    }
    assertThat(rows()).isEqualTo(51);
    try (SqlStore store = SqlStore.open(settings)) {
      Stores.charge(store, KEY, 10);
    }

    assertThat(disk.number("SELECT max(sequence) FROM usage")).isEqualTo(52);
    assertThat(disk.number("SELECT last FROM usage_mark")).isEqualTo(52);
    disk.agrees();
  }

  @Test
  void aFloodIsCutAndCounted() throws Exception {
    try (SqlStore store = SqlStore.open(settings);
        Connection writing = DriverManager.getConnection("jdbc:sqlite:" + settings.database());
        Statement statement = writing.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      for (int i = 0; i < 10_000; i++) {
        store.refusedCalls().note(refused(NOON));
      }
      statement.execute("ROLLBACK");

      assertThat(store.refusalsLeftOut()).isGreaterThan(1_000);
    }
  }

  @Test
  void theLastUseOfAKeyOutlivesTheProcessAndItsRows() throws Exception {
    KeyId other = new KeyId("b");
    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.lastUses().of(KEY)).isEmpty();
      Stores.charge(store, KEY, 10);
      store.refusedCalls().note(refused(NOON.plusSeconds(9)));
      Stores.charge(store, other, 10);

      assertThat(store.lastUses().of(KEY)).contains(NOON.plusSeconds(9));
    }
    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.lastUses().of(KEY)).contains(NOON.plusSeconds(9));
    }
    disk.run("INSERT INTO last_uses VALUES ('b', 1794916800000); DELETE FROM usage");
    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.lastUses().of(other)).contains(NOON);
    }
  }

  @Test
  void aQueryWhoseTimeIsUpIsBrokenOffAndTheNextIsServed() throws Exception {
    SqlStore.open(settings).close();
    try (var readers = new StoreReaders(settings.database(), Duration.ofMillis(50))) {
      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(() -> readers.read("counting", RefusalsAndUsesTest::countForEver))
            .isInstanceOf(StoreUnavailable.class);
      }
    }
    try (var readers = new StoreReaders(settings.database(), Duration.ofSeconds(30))) {
      String answer = readers.read("counting", _ -> "served");

      assertThat(answer).isEqualTo("served");
    }
  }

  private static long countForEver(Connection connection) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")) {
      return query.executeQuery().getLong(1);
    }
  }
}
