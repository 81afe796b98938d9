package io.modelgate.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Quotas;
import io.modelgate.domain.access.KeyId;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link Quotas} has to do. */
public abstract class QuotasContract {
  private static final KeyId KEY = new KeyId("a");

  /** The port under test: the same at each call, nothing used at first. */
  protected abstract Quotas quotas();

  @Test
  void aKeyNeverChargedHasUsedNothing() {
    assertThat(quotas().used(KEY)).isZero();
  }

  @Test
  void chargesAddUpKeyByKey() {
    quotas().charge(KEY, 3_000_000_000L);
    quotas().charge(KEY, 4);
    quotas().charge(new KeyId("b"), 1);

    assertThat(quotas().used(KEY)).isEqualTo(3_000_000_004L);
    assertThat(quotas().used(new KeyId("b"))).isEqualTo(1);
  }

  @Test
  void aChargeOfNothingChangesNothing() {
    quotas().charge(KEY, 0);

    assertThat(quotas().used(KEY)).isZero();
  }

  @Test
  void noChargeIsLostAmongMany() throws InterruptedException {
    var threads =
        IntStream.range(0, 64)
            .mapToObj(_ -> Thread.ofVirtual().start(this::chargeTenTimes))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(quotas().used(KEY)).isEqualTo(64 * 10 * 7);
  }

  private void chargeTenTimes() {
    for (int time = 0; time < 10; time++) {
      quotas().charge(KEY, 7);
    }
  }
}
