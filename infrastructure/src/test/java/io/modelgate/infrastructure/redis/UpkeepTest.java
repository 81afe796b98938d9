package io.modelgate.infrastructure.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UpkeepTest {
  @Test
  void goesOnAfterARoundThatFailed() throws InterruptedException {
    var rounds = new CountDownLatch(2);
    try (var upkeep =
        new Upkeep(
            () -> {
              rounds.countDown();
              throw new IllegalStateException("on purpose");
            },
            _ -> {})) {
      upkeep.start();

      assertThat(rounds.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }
}
