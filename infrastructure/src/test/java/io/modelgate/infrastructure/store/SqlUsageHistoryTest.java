package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.NOON;
import static io.modelgate.testing.QuotasContract.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.ModelUse;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.TokenUsage;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SqlUsageHistoryTest {
  private static final KeyId KEY = new KeyId("a");
  private static final Duration DAY = Duration.ofDays(1);
  private static final Instant TODAY = Instant.parse("2026-11-17T00:00:00Z");

  @TempDir private Path directory;
  private SqlStore store;

  @BeforeEach
  void open() {
    store = SqlStore.open(Stores.settings(directory.resolve("modelgate.db")));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void call(KeyId key, String model, Instant now, TokenUsage tokens) {
    Verdict verdict =
        store.quotas().reserve(key, TokenQuota.UNLIMITED, new TokenDemand(1, 1, 1), now);
    assertThat(verdict).isInstanceOf(Verdict.Reserved.class);
    UsageRecord record = record(key, "req", now, tokens);
    ((Verdict.Reserved) verdict)
        .reservation()
        .settle(
            new UsageRecord(
                record.time(),
                record.requestId(),
                record.key(),
                model,
                record.upstreamModel(),
                record.backend(),
                record.endpoint(),
                record.usage(),
                record.ending(),
                record.status(),
                record.stream(),
                record.timeToFirstByte(),
                record.duration()));
  }

  @Test
  void aKeyNeverSeenUsedNothing() {
    assertThat(store.usageHistory().byModel(KEY, Instant.EPOCH)).isEmpty();
  }

  @Test
  void addsUpTheDaysByModelTheLargestFirst() {
    call(KEY, "small", NOON.minus(DAY.multipliedBy(2)), new TokenUsage(1_000, 1_000));
    call(KEY, "small", NOON.minus(DAY), new TokenUsage(10, 1));
    call(KEY, "small", NOON, new TokenUsage(20, 2));
    call(KEY, "large", NOON, new TokenUsage(300, 30));
    call(new KeyId("b"), "large", NOON, new TokenUsage(5, 5));

    assertThat(store.usageHistory().byModel(KEY, TODAY.minus(DAY)))
        .containsExactly(new ModelUse("large", 1, 300, 30), new ModelUse("small", 2, 30, 3));
    assertThat(store.usageHistory().byModel(KEY, TODAY.minus(DAY).plusMillis(1)))
        .containsExactly(new ModelUse("large", 1, 300, 30), new ModelUse("small", 1, 20, 2));
    assertThat(store.usageHistory().byModel(KEY, TODAY.plus(DAY))).isEmpty();
  }

  @Test
  void readsWhileSomeoneWrites() throws Exception {
    call(KEY, "small", NOON, new TokenUsage(20, 2));
    try (Connection writing =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("modelgate.db"));
        Statement statement = writing.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      statement.execute("DELETE FROM usage_daily");

      assertThat(store.usageHistory().byModel(KEY, TODAY)).hasSize(1);

      statement.execute("ROLLBACK");
    }
  }

  @Test
  void whatCannotBeReadIsUnavailable() throws Exception {
    new OnDisk(directory.resolve("modelgate.db")).run("ALTER TABLE usage_daily RENAME TO hidden");

    assertThatThrownBy(() -> store.usageHistory().byModel(KEY, TODAY))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining("reading what a key used");

    new OnDisk(directory.resolve("modelgate.db")).run("ALTER TABLE hidden RENAME TO usage_daily");
    assertThat(store.usageHistory().byModel(KEY, TODAY)).isEmpty();
  }
}
