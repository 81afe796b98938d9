package io.modelgate.infrastructure.store;

import static io.modelgate.testing.ApiKeysContract.key;
import static io.modelgate.testing.ModelRoutesContract.fullRoute;
import static io.modelgate.testing.ModelRoutesContract.route;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelRoute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the contracts do not ask: that things outlive the store that kept them. */
final class SqlStoreTest {
  @TempDir private Path directory;
  private StoreSettings settings;

  @BeforeEach
  void name() {
    settings = new StoreSettings(directory.resolve("modelgate.db"), null);
  }

  @Test
  void everythingIsThereAfterReopening() {
    ApiKey changed = key("b").withName("changed").withEnabled(false);
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("c").withExpiry(Instant.ofEpochMilli(-1)));
      store.apiKeys().add(key("a"));
      store.apiKeys().add(key("b"));
      store.apiKeys().change(new KeyId("b"), _ -> changed);
      store.apiKeys().remove(new KeyId("a"));
      store.modelRoutes().add(fullRoute("2", "full"));
      store.modelRoutes().add(route("1", "bare"));
      store.modelRoutes().add(route("3", "gone"));
      store.modelRoutes().remove(new ModelId("3"));
      store.quotas().charge(new KeyId("a"), 3_000_000_000L);
      store.quotas().charge(new KeyId("a"), 1);
    }

    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.apiKeys().all())
          .containsExactly(key("c").withExpiry(Instant.ofEpochMilli(-1)), changed);
      assertThat(store.apiKeys().byHash(SecretHash.of("b"))).contains(changed);
      assertThat(store.modelRoutes().all())
          .containsExactly(fullRoute("2", "full"), route("1", "bare"));
      assertThat(store.quotas().used(new KeyId("a"))).isEqualTo(3_000_000_001L);
      store.quotas().charge(new KeyId("a"), 1);
      assertThat(store.quotas().used(new KeyId("a"))).isEqualTo(3_000_000_002L);
    }
  }

  @Test
  void whatARemovedKeyUsedStaysCounted() {
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a"));
      store.quotas().charge(new KeyId("a"), 5);
      store.apiKeys().remove(new KeyId("a"));
      assertThat(store.quotas().used(new KeyId("a"))).isEqualTo(5);
    }

    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.quotas().used(new KeyId("a"))).isEqualTo(5);
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
            bare.backend(),
            null,
            null,
            null,
            Duration.ofNanos(1),
            null,
            true,
            fine,
            fine);
    ApiKey seen;
    ModelRoute routed;
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a").withExpiry(fine));
      store.apiKeys().change(new KeyId("a"), key -> key.changedAt(fine));
      store.modelRoutes().add(impatient);
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
        assertThat(store.quotas().used(new KeyId("key" + number))).isEqualTo(16 * 100 * 7);
      }
    }
  }

  private static void chargeHundredTimes(SqlStore store, int number) {
    for (int time = 0; time < 100; time++) {
      store.quotas().charge(new KeyId("key" + number % 4), 7);
    }
  }

  @Test
  void aKeyWhoseIdOrHashIsNotNewIsABugOfTheCaller() {
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a"));
      store.modelRoutes().add(route("1", "a"));

      assertThatThrownBy(() -> store.apiKeys().add(key("a").withName("again")))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.modelRoutes().add(route("1", "b")))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.apiKeys().change(new KeyId("a"), _ -> key("b")))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.modelRoutes().change(new ModelId("1"), _ -> route("2", "a")))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.quotas().charge(new KeyId("a"), -1))
          .isInstanceOf(IllegalArgumentException.class);

      assertThat(store.apiKeys().all()).containsExactly(key("a"));
      assertThat(store.modelRoutes().all()).containsExactly(route("1", "a"));
      assertThat(store.quotas().used(new KeyId("a"))).isZero();
    }
  }

  @Test
  void aClosedStoreStillReadsAndRefusesWrites() {
    SqlStore store = SqlStore.open(settings);
    store.apiKeys().add(key("a"));
    assertThat(store.isOpen()).isTrue();

    store.close();
    store.close();

    assertThat(store.isOpen()).isFalse();
    assertThat(store.apiKeys().byHash(SecretHash.of("a"))).contains(key("a"));
    assertThatThrownBy(() -> store.apiKeys().add(key("b"))).isInstanceOf(StoreUnavailable.class);
    assertThatThrownBy(() -> store.quotas().charge(new KeyId("a"), 1))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining("charging");
    assertThat(store.apiKeys().all()).containsExactly(key("a"));
  }

  @Test
  void closingLeavesOneFileWithEverythingInIt() {
    try (SqlStore store = SqlStore.open(settings)) {
      store.apiKeys().add(key("a"));
      assertThat(directory.resolve("modelgate.db-wal")).exists();
    }

    assertThat(directory.resolve("modelgate.db-wal")).doesNotExist();
    assertThat(directory.resolve("modelgate.db-shm")).doesNotExist();
  }

  @Test
  void pathsMayHoldSpacesAndSigns() throws Exception {
    Path odd = directory.resolve("a b%20#é/model gate.db");
    try (SqlStore store = SqlStore.open(new StoreSettings(odd, null))) {
      store.apiKeys().add(key("a"));
    }

    assertThat(Files.size(odd)).isPositive();
    try (SqlStore store = SqlStore.open(new StoreSettings(odd, null))) {
      assertThat(store.apiKeys().all()).containsExactly(key("a"));
    }
  }
}
