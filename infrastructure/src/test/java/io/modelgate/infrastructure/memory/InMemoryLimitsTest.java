package io.modelgate.infrastructure.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Limits.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.testing.LimitsContract;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class InMemoryLimitsTest extends LimitsContract {
  private static final KeyId KEY = new KeyId("k");

  private final SettableClock clock = new SettableClock(Samples.NOON);
  private final InMemoryLimits limits = new InMemoryLimits(clock);

  @Override
  protected Limits limits() {
    return limits;
  }

  @Override
  protected void pass(Duration time) {
    clock.advance(time);
  }

  @Test
  void forgetsKeysThatHaveBeenIdle() {
    for (int key = 0; key < 100_000; key++) {
      Verdict verdict =
          limits.admit(new KeyId("key_" + key), new RateLimits(60L, null, 60L, 1L), 1);
      ((Verdict.Admitted) verdict).pass().settle(1);
      clock.advance(Duration.ofMillis(10));
    }

    assertThat(limits.remembered()).isLessThan(2_000);
  }

  @Test
  void remembersKeysThatCountOrWhoseCallsRun() {
    var limited = new RateLimits(1L, null, null, 1L);
    limits.admit(KEY, limited, 0);

    for (int key = 0; key < 10_000; key++) {
      limits.admit(new KeyId("key_" + key), RateLimits.UNLIMITED, 0);
    }
    clock.advance(Duration.ofHours(1));
    limits.admit(new KeyId("another"), limited, 0);

    assertThat(limits.admit(KEY, limited, 0)).isInstanceOf(Verdict.Limited.class);
    assertThat(limits.remembered()).isEqualTo(10_002);
  }

  @Test
  void aClockSetBackLocksNobodyOut() {
    var limited = new RateLimits(60L, 1L, null, null);
    limits.admit(KEY, limited, 0);
    clock.advance(Duration.ofHours(-1));

    assertThat(limits.admit(KEY, limited, 0))
        .isInstanceOfSatisfying(
            Verdict.Limited.class,
            limit -> assertThat(limit.breach().retryAfter()).isEqualTo(Duration.ofSeconds(1)));
    clock.advance(Duration.ofSeconds(1));
    assertThat(limits.admit(KEY, limited, 0)).isInstanceOf(Verdict.Admitted.class);
  }
}
