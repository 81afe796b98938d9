package io.modelgate.infrastructure.store;

import static io.modelgate.domain.access.TokenQuota.UNLIMITED;
import static io.modelgate.infrastructure.store.Stores.NOON;
import static io.modelgate.infrastructure.store.Stores.charge;
import static io.modelgate.infrastructure.store.Stores.reserve;
import static io.modelgate.infrastructure.store.Stores.used;
import static io.modelgate.testing.ApiKeysContract.key;
import static io.modelgate.testing.ModelRoutesContract.fullRoute;
import static io.modelgate.testing.ModelRoutesContract.route;
import static io.modelgate.testing.QuotasContract.record;
import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.Quotas.Settlement;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelRoute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the contracts do not ask: that things outlive the store that kept them. */
final class SqlStoreTest {
  private static final String COLUMNS =
      """
      sequence, time, request_id, key_id, model, upstream_model, backend, endpoint, prompt_tokens,
      completion_tokens, total_tokens, cached_tokens, reasoning_tokens, usage_source, outcome, status,
      stream, time_to_first_byte_us, duration_us
      """;
  private static final String SUMS =
      "calls, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens";

  @TempDir private Path directory;
  private StoreSettings settings;

  @BeforeEach
  void name() {
    settings = Stores.settings(directory.resolve("modelgate.db"));
  }

  @Test
  void everythingIsThereAfterReopening() {
    ApiKey changed =
        key("b").on(terms -> terms.withName("changed")).on(terms -> terms.withEnabled(false));
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("c").on(terms -> terms.withExpiry(Instant.ofEpochMilli(-1))), DEED);
      store.apiKeys().add(key("a"), DEED);
      store.apiKeys().add(key("b"), DEED);
      store.apiKeys().change(new KeyId("b"), _ -> changed, DEED);
      store.apiKeys().remove(List.of(new KeyId("a")), DEED);
      store.modelRoutes().add(fullRoute("2", "full"), DEED);
      store.modelRoutes().add(route("1", "bare"), DEED);
      store.modelRoutes().add(route("3", "gone"), DEED);
      store.modelRoutes().remove(new ModelId("3"), DEED);
      charge(store, new KeyId("a"), 3_000_000_000L);
      charge(store, new KeyId("a"), 1);
    }

    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.apiKeys().all())
          .containsExactly(
              key("c").on(terms -> terms.withExpiry(Instant.ofEpochMilli(-1))), changed);
      assertThat(store.apiKeys().byHash(SecretHash.of("b"))).contains(changed);
      assertThat(store.modelRoutes().all())
          .containsExactly(fullRoute("2", "full"), route("1", "bare"));
      assertThat(used(store, new KeyId("a"))).isEqualTo(3_000_000_001L);
      charge(store, new KeyId("a"), 1);
      assertThat(used(store, new KeyId("a"))).isEqualTo(3_000_000_002L);
    }
  }

  @Test
  void everythingOfACallIsOnDisk() throws SQLException {
    var whole =
        new UsageRecord(
            NOON,
            "req_1",
            new KeyId("a"),
            "small",
            "org/small:7b é",
            BackendKind.OLLAMA,
            Endpoint.EMBEDDINGS,
            new TokenUsage(30, 20, 10, 5).by(UsageSource.TOKENIZER),
            Ending.CUT_BY_QUOTA,
            206,
            true,
            Duration.ofNanos(1_234_567),
            Duration.ofMillis(80));
    var bare =
        new UsageRecord(
            NOON.plusMillis(1),
            "req_1",
            new KeyId("a"),
            "small",
            "small",
            BackendKind.VLLM,
            Endpoint.CHAT_COMPLETIONS,
            Metered.NOTHING,
            Ending.REFUSED_BY_BACKEND,
            502,
            false,
            null,
            Duration.ZERO);
    try (SqlStore store = SqlStore.open(settings)) {
      reserve(store, whole.key()).settle(whole);
      reserve(store, bare.key()).settle(bare);
    }

    var disk = new OnDisk(settings.database());
    assertThat(disk.texts("SELECT concat_ws('|', " + COLUMNS + ") FROM usage ORDER BY sequence"))
        .containsExactly(
            "1|1794916800000|req_1|a|small|org/small:7b é|ollama|/v1/embeddings|30|20|50|10|5"
                + "|tokenizer|cut_by_quota|206|1|1234|80000",
            "2|1794916800001|req_1|a|small|small|vllm|/v1/chat/completions|0|0|0|0|0"
                + "|estimate|refused_by_backend|502|0|0");
    assertThat(disk.texts("SELECT concat_ws('|', period, starts_at, used) FROM quota_use"))
        .containsExactly(
            "day|1794873600000|50",
            "month|1793491200000|50",
            "total|0|50",
            "week|1794787200000|50");
    assertThat(disk.texts("SELECT concat_ws('|', day, " + SUMS + ") FROM usage_daily"))
        .containsExactly("1794873600000|2|30|20|10|5");
    disk.agrees();
  }

  @Test
  void sumsThatWouldOverflowStayAtTheLargestNumber() throws SQLException {
    try (SqlStore store = SqlStore.open(settings)) {
      charge(store, new KeyId("a"), 1);
    }
    var disk = new OnDisk(settings.database());
    disk.run("UPDATE quota_use SET used = 9223372036854775800");
    disk.run("UPDATE usage_daily SET prompt_tokens = 9223372036854775800");

    try (SqlStore store = SqlStore.open(settings)) {
      charge(store, new KeyId("a"), 100);
      assertThat(used(store, new KeyId("a"))).isEqualTo(Long.MAX_VALUE);
    }

    assertThat(disk.number("SELECT min(used) FROM quota_use")).isEqualTo(Long.MAX_VALUE);
    assertThat(disk.number("SELECT prompt_tokens FROM usage_daily")).isEqualTo(Long.MAX_VALUE);
    assertThat(disk.requests()).hasSize(2);
  }

  @Test
  void whatARemovedKeyUsedStaysCounted() {
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a"), DEED);
      charge(store, new KeyId("a"), 5);
      store.apiKeys().remove(List.of(new KeyId("a")), DEED);
      assertThat(used(store, new KeyId("a"))).isEqualTo(5);
    }

    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(used(store, new KeyId("a"))).isEqualTo(5);
    }
  }

  @Test
  void readersSeeWhatWillBeReadBack() {
    Instant fine = Instant.parse("2026-03-01T12:00:00.123456789Z");
    ModelRoute bare = route("1", "bare");
    var impatient =
        new ModelRoute(
            bare.id(),
            bare.name(),
            bare.targets(),
            List.of(),
            Duration.ofNanos(1),
            null,
            null,
            true,
            fine,
            fine);
    ApiKey seen;
    ModelRoute routed;
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a").on(terms -> terms.withExpiry(fine)), DEED);
      store.apiKeys().change(new KeyId("a"), key -> key.changedAt(fine), DEED);
      store.modelRoutes().add(impatient, DEED);
      seen = store.apiKeys().all().getFirst();
      routed = store.modelRoutes().all().getFirst();
    }

    assertThat(routed.timeout()).isEqualTo(Duration.ofMillis(1));
    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.apiKeys().all()).containsExactly(seen);
      assertThat(store.modelRoutes().all()).containsExactly(routed);
    }
  }

  @Test
  void chargesOfManyThreadsAddUpExactlyOnDisk() throws InterruptedException {
    try (SqlStore store = SqlStore.open(settings)) {
      var threads =
          IntStream.range(0, 64)
              .mapToObj(number -> Thread.ofVirtual().start(() -> chargeHundredTimes(store, number)))
              .toList();
      for (Thread thread : threads) {
        thread.join();
      }
    }

    try (SqlStore store = SqlStore.open(settings)) {
      for (int number = 0; number < 4; number++) {
        assertThat(used(store, new KeyId("key" + number))).isEqualTo(16 * 100 * 7);
      }
    }
  }

  private static void chargeHundredTimes(SqlStore store, int number) {
    for (int time = 0; time < 100; time++) {
      charge(store, new KeyId("key" + number % 4), 7);
    }
  }

  @Test
  void aKeyWhoseIdOrHashIsNotNewIsABugOfTheCaller() {
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a"), DEED);
      store.modelRoutes().add(route("1", "a"), DEED);

      assertThatThrownBy(
              () -> store.apiKeys().add(key("a").on(terms -> terms.withName("again")), DEED))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.modelRoutes().add(route("1", "b"), DEED))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.apiKeys().change(new KeyId("a"), _ -> key("b"), DEED))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () -> store.modelRoutes().change(new ModelId("1"), _ -> route("2", "a"), DEED))
          .isInstanceOf(IllegalArgumentException.class);

      assertThat(store.apiKeys().all()).containsExactly(key("a"));
      assertThat(store.modelRoutes().all()).containsExactly(route("1", "a"));
      assertThat(used(store, new KeyId("a"))).isZero();
    }
  }

  @Test
  void aClosedStoreStillReadsAndRefusesWrites() {
    SqlStore store = SqlStore.open(settings);
    store.apiKeys().add(key("a"), DEED);
    charge(store, new KeyId("a"), 1);
    Reservation late = reserve(store, new KeyId("a"));
    assertThat(store.takesCharges()).isTrue();

    store.close();
    store.close();

    assertThat(store.takesCharges()).isFalse();
    assertThat(store.apiKeys().byHash(SecretHash.of("a"))).contains(key("a"));
    assertThatThrownBy(() -> store.apiKeys().add(key("b"), DEED))
        .isInstanceOf(StoreUnavailable.class);
    assertThat(late.settle(record(new KeyId("a"), "req_2", NOON, 5))).isEqualTo(Settlement.OWED);
    assertThat(used(store, new KeyId("a"))).as("charged all the same").isEqualTo(6);
    assertThat(store.quotas().reserve(new KeyId("a"), UNLIMITED, new TokenDemand(0, 1, 1), NOON))
        .isEqualTo(new Verdict.Unavailable());
    assertThatThrownBy(() -> store.usageHistory().byModel(new KeyId("a"), NOON))
        .isInstanceOf(StoreUnavailable.class);
    assertThat(store.apiKeys().all()).containsExactly(key("a"));
  }

  @Test
  void closingLeavesOneFileWithEverythingInIt() {
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a"), DEED);
      assertThat(directory.resolve("modelgate.db-wal")).exists();
    }

    assertThat(directory.resolve("modelgate.db-wal")).doesNotExist();
    assertThat(directory.resolve("modelgate.db-shm")).doesNotExist();
  }

  @Test
  void pathsMayHoldSpacesAndSigns() throws Exception {
    Path odd = directory.resolve("a b%20#é/model gate.db");
    try (SqlStore store = SqlStore.open(Stores.settings(odd))) {
      store.apiKeys().add(key("a"), DEED);
    }

    assertThat(Files.size(odd)).isPositive();
    try (SqlStore store = SqlStore.open(Stores.settings(odd))) {
      assertThat(store.apiKeys().all()).containsExactly(key("a"));
    }
  }
}
