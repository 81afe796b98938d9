package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.infrastructure.store.StoreSettings.OnStoreFailure;
import io.modelgate.infrastructure.store.StoreSettings.UsagePolicy;
import io.modelgate.testing.QuotasContract;
import io.modelgate.testing.SettableClock;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SqlQuotasTest extends QuotasContract {
  private static final KeyId KEY = new KeyId("a");
  private static final Duration DAY = Duration.ofDays(1);

  /** Calls of all times are made here, and their rows looked at. */
  private static final UsagePolicy EVER =
      new UsagePolicy(OnStoreFailure.REFUSE, DAY.multipliedBy(10_000));

  @TempDir private Path directory;
  private Path file;
  private final SettableClock clock = new SettableClock(NOON);
  private SqlStore store;

  @BeforeEach
  void open() {
    file = directory.resolve("modelgate.db");
    store =
        SqlStore.open(new StoreSettings(file, null, Durability.NORMAL, ZONE, () -> EVER, clock));
  }

  @AfterEach
  void close() throws SQLException {
    store.close();
    new OnDisk(file).agrees();
  }

  @Override
  protected Quotas quotas() {
    return store.quotas();
  }

  @Override
  protected List<String> keptRequests() {
    try {
      return new OnDisk(file).requests();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void charge(Instant now, long tokens) {
    Verdict verdict =
        quotas().reserve(KEY, TokenQuota.UNLIMITED, new TokenDemand(0, 1, tokens), now);
    assertThat(verdict).isInstanceOf(Verdict.Reserved.class);
    ((Verdict.Reserved) verdict).reservation().settle(record(KEY, "req", now, tokens));
  }

  private QuotaStanding standing(QuotaPeriod period, Instant now) {
    return quotas().standing(KEY, TokenQuota.UNLIMITED.withPeriod(period), now);
  }

  @Test
  void whatWasUsedIsKnownAfterAStartAndWhatWasSetAsideIsGone() {
    charge(NOON.minus(DAY.multipliedBy(100)), 1_000);
    charge(NOON.minus(DAY.multipliedBy(10)), 200);
    charge(NOON.minus(DAY), 30);
    charge(NOON, 4);
    quotas().reserve(KEY, TokenQuota.UNLIMITED, new TokenDemand(0, 1, 99), NOON);

    store.close();
    open();

    assertThat(standing(QuotaPeriod.TOTAL, NOON).used()).isEqualTo(1_234);
    assertThat(standing(QuotaPeriod.MONTH, NOON).used()).isEqualTo(234);
    assertThat(standing(QuotaPeriod.WEEK, NOON).used()).isEqualTo(34);
    assertThat(standing(QuotaPeriod.DAY, NOON).used()).isEqualTo(4);
    assertThat(standing(QuotaPeriod.DAY, NOON.minus(DAY)).used()).as("yesterday").isEqualTo(30);
    assertThat(standing(QuotaPeriod.TOTAL, NOON).reserved()).isZero();
  }

  @Test
  void aClockThatWasAheadForAYearFindsTodayAgain() {
    charge(NOON, 4);
    for (int day = 365; day < 368; day++) {
      charge(NOON.plus(DAY.multipliedBy(day)), 100);
    }

    charge(NOON, 4);

    assertThat(standing(QuotaPeriod.DAY, NOON).used()).isEqualTo(8);
    assertThat(standing(QuotaPeriod.MONTH, NOON).used()).isEqualTo(8);
    store.close();
    open();
    assertThat(standing(QuotaPeriod.DAY, NOON).used()).isEqualTo(8);
  }

  @Test
  void aCallThatOutlastsManyDaysIsStillChargedToItsOwn() {
    Verdict verdict = quotas().reserve(KEY, TokenQuota.UNLIMITED, new TokenDemand(0, 1, 50), NOON);
    for (int day = 1; day < 20; day++) {
      charge(NOON.plus(DAY.multipliedBy(day)), 1);
    }

    assertThat(standing(QuotaPeriod.DAY, NOON).reserved()).isEqualTo(50);
    ((Verdict.Reserved) verdict).reservation().settle(record(KEY, "req", NOON, 45));

    assertThat(standing(QuotaPeriod.DAY, NOON).used()).isEqualTo(45);
    assertThat(standing(QuotaPeriod.TOTAL, NOON))
        .isEqualTo(new QuotaStanding(TokenQuota.UNLIMITED, 64, 0, null));
  }
}
