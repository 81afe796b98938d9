package io.modelgate.infrastructure.store;

import static io.modelgate.testing.QuotasContract.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.Quotas.Settlement;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.infrastructure.store.StoreSettings.OnStoreFailure;
import io.modelgate.infrastructure.store.StoreSettings.UsagePolicy;
import io.modelgate.testing.SettableClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Stores for tests, and calls on them. */
final class Stores {
  static final Instant NOON = Instant.parse("2026-11-17T12:00:00Z");

  /** Nobody waits that long. */
  static final Patience LONG =
      new Patience(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofMillis(5));

  private Stores() {}

  static StoreSettings settings(Path database) {
    return settings(database, (String) null);
  }

  static StoreSettings settings(Path database, @Nullable String secretKey) {
    return new StoreSettings(database, secretKey, new SettableClock(NOON));
  }

  static StoreSettings settings(Path database, OnStoreFailure onStoreFailure) {
    return new StoreSettings(
        database,
        null,
        Durability.NORMAL,
        ZoneOffset.UTC,
        () -> policy(onStoreFailure),
        new SettableClock(NOON));
  }

  static UsagePolicy policy(OnStoreFailure onStoreFailure) {
    return new UsagePolicy(onStoreFailure, Duration.ofDays(90));
  }

  /** Lets a call in at noon that may use as much as it likes. */
  static Reservation reserve(SqlStore store, KeyId key) {
    Verdict verdict =
        store.quotas().reserve(key, TokenQuota.UNLIMITED, new TokenDemand(1, 1, 1), NOON);
    assertThat(verdict).isInstanceOf(Verdict.Reserved.class);
    return ((Verdict.Reserved) verdict).reservation();
  }

  /** One whole call at noon. */
  static Settlement charge(SqlStore store, KeyId key, String requestId, long tokens) {
    return reserve(store, key).settle(record(key, requestId, NOON, tokens));
  }

  /** One whole call at noon whose charge has to be kept. */
  static void charge(SqlStore store, KeyId key, long tokens) {
    assertThat(charge(store, key, "req", tokens)).isEqualTo(Settlement.DURABLE);
  }

  /** In all its life. */
  static long used(SqlStore store, KeyId key) {
    return store.quotas().standing(key, TokenQuota.UNLIMITED, NOON).used();
  }
}
