package io.modelgate.application.admin;

import static io.modelgate.testing.Samples.AUTHOR;
import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryQuotas;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ResetUsageTest {
  private static final TokenQuota DAILY = TokenQuota.of(100).withPeriod(QuotaPeriod.DAY);

  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final InMemoryQuotas quotas = new InMemoryQuotas();
  private final ResetUsage resetUsage = new ResetUsage(keys, quotas, new SettableClock(NOON));

  private long used(ApiKey key, Instant time) {
    return quotas.standing(key.id(), key.terms().quota(), time).used();
  }

  @Test
  void givesBackThePeriodThatIsNowAndNoOther() {
    ApiKey key = Samples.aKey("key_1", "sk-mg-1").on(terms -> terms.withQuota(DAILY));
    keys.add(key, DEED);
    Instant yesterday = NOON.minus(Duration.ofDays(1));
    quotas.charge(key.id(), 30, yesterday);
    quotas.charge(key.id(), 12, NOON);

    assertThat(resetUsage.handle(key.id(), AUTHOR)).contains(key);

    assertThat(used(key, NOON)).isZero();
    assertThat(used(key, yesterday)).isEqualTo(30);
  }

  @Test
  void knowsWhenThereIsNoSuchKey() {
    assertThat(resetUsage.handle(new KeyId("key_none"), AUTHOR)).isEmpty();
  }
}
