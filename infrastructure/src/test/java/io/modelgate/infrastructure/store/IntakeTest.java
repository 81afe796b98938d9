package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.KeyId;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class IntakeTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(20);

  private final Intake intake = new Intake(2);

  private static Job.Charge job() {
    return new Job.Charge(new KeyId("a"), 1, new Ticket<>("charging"));
  }

  @Test
  void givesEverythingInTheOrderItCame() {
    Job first = job();
    Job second = job();
    intake.offer(first, LONG);
    intake.offer(second, LONG);

    assertThat(intake.take()).containsExactly(first, second);
  }

  @Test
  void whoFindsNoRoomIsTold() {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    Job.Charge third = job();

    assertThat(intake.offer(third, SHORT)).isFalse();

    assertThatThrownBy(() -> third.ticket().await(LONG))
        .isInstanceOf(StoreUnavailable.class)
        .hasCauseInstanceOf(TimeoutException.class);
    assertThat(intake.take()).hasSize(2);
  }

  @Test
  void whoWaitsForRoomGetsItWhenTheQueueIsTaken() throws InterruptedException {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    var in = new AtomicBoolean();
    Thread waiting = Thread.ofVirtual().start(() -> in.set(intake.offer(job(), LONG)));
    while (waiting.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }

    assertThat(intake.take()).hasSize(2);
    waiting.join();

    assertThat(in).isTrue();
    assertThat(intake.take()).hasSize(1);
  }

  @Test
  void whoWaitsForRoomIsToldWhenTheQueueIsClosed() throws InterruptedException {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    Job.Charge third = job();
    Thread waiting = Thread.ofVirtual().start(() -> intake.offer(third, LONG));
    while (waiting.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }

    intake.close();
    waiting.join();

    assertThatThrownBy(() -> third.ticket().await(LONG))
        .isInstanceOf(StoreUnavailable.class)
        .hasRootCauseMessage("the store is closed");
    assertThat(intake.take()).as("what was in stays").hasSize(2);
    assertThat(intake.take()).isEmpty();
  }
}
