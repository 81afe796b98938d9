package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.KeyId;
import io.modelgate.testing.QuotasContract;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class IntakeTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(20);

  private final Intake intake = new Intake(2);

  private static Job.Change<Boolean> job() {
    return new Job.Change<>(() -> new Job.Decision.Leave<>(true), new Ticket<>("changing"));
  }

  private static Charge charge() {
    return new Charge(
        QuotasContract.record(new KeyId("a"), "req_1", NOON, 1), new PeriodStarts(0, 0, 0));
  }

  private static long in(Duration patience) {
    return System.nanoTime() + patience.toNanos();
  }

  private List<Job> take() {
    return intake.take(0, 0);
  }

  @Test
  void givesEverythingInTheOrderItCame() {
    Job.Change<Boolean> first = job();
    Job.Change<Boolean> second = job();
    intake.offer(first, LONG);
    intake.offer(second, LONG);

    assertThat(take()).containsExactly(first, second);
  }

  @Test
  void whoFindsNoRoomIsTold() {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    Job.Change<Boolean> third = job();

    assertThat(intake.offer(third, SHORT)).isFalse();

    assertThatThrownBy(() -> third.ticket().await(LONG))
        .isInstanceOf(StoreUnavailable.class)
        .hasCauseInstanceOf(TimeoutException.class);
    assertThat(take()).hasSize(2);
  }

  @Test
  void whoWaitsForRoomGetsItWhenTheJobsAreDone() throws InterruptedException {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    var in = new AtomicBoolean();
    Thread waiting = Thread.ofVirtual().start(() -> in.set(intake.offer(job(), LONG)));
    while (waiting.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }

    assertThat(take()).hasSize(2);
    assertThat(take()).isEmpty();
    waiting.join();

    assertThat(in).isTrue();
    assertThat(take()).hasSize(1);
  }

  @Test
  void whoWaitsForRoomIsToldWhenTheQueueIsClosed() throws InterruptedException {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    Job.Change<Boolean> third = job();
    Thread waiting = Thread.ofVirtual().start(() -> intake.offer(third, LONG));
    while (waiting.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }

    intake.close();
    waiting.join();

    assertThatThrownBy(() -> third.ticket().await(LONG))
        .isInstanceOf(StoreUnavailable.class)
        .hasRootCauseMessage("the store is closed");
    assertThat(take()).as("what was in stays").hasSize(2);
    assertThat(take()).isEmpty();
  }

  @Test
  void aChargeFindsRoomInTheEndAndOthersStillFindNone() {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    Charge third = charge();

    assertThat(intake.put(third, in(SHORT))).isTrue();

    assertThat(intake.length()).isEqualTo(3);
    assertThat(intake.offer(job(), SHORT)).isFalse();
    assertThat(take()).hasSize(3).contains(third);
    assertThat(intake.length()).isZero();
  }

  @Test
  void aChargeWaitsForRoomEvenWhenInterrupted() throws InterruptedException {
    intake.offer(job(), LONG);
    intake.offer(job(), LONG);
    var interrupted = new AtomicBoolean();
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  Thread.currentThread().interrupt();
                  boolean in = intake.put(charge(), in(LONG));
                  interrupted.set(in && Thread.currentThread().isInterrupted());
                });
    while (waiting.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }

    assertThat(take()).hasSize(2);
    assertThat(take()).isEmpty();
    waiting.join();

    assertThat(interrupted).isTrue();
    assertThat(take()).hasSize(1);
  }

  @Test
  void whatWasTakenAndIsNotDoneTakesUpRoom() {
    intake.offer(job(), LONG);
    assertThat(intake.take(0, 0)).hasSize(1);
    assertThat(intake.take(2, 0)).isEmpty();

    assertThat(intake.offer(job(), SHORT)).isFalse();
    assertThat(intake.take(1, 0)).isEmpty();
    assertThat(intake.offer(job(), SHORT)).isTrue();
  }

  @Test
  void aChargeIsNotTakenAfterTheClose() {
    intake.close();

    assertThat(intake.put(charge(), in(LONG))).isFalse();
    assertThat(take()).isEmpty();
  }
}
