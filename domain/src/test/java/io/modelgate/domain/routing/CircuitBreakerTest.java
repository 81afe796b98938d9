package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.routing.CircuitBreaker.Pass;
import io.modelgate.domain.routing.CircuitBreaker.Rule;
import io.modelgate.domain.routing.CircuitBreaker.State;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final long SECOND = 1_000_000_000;
  private static final Rule RULE =
      new Rule(3, 0.5, 10, Duration.ofSeconds(30), Duration.ofSeconds(10));

  private final CircuitBreaker breaker = new CircuitBreaker();
  private long now = -5 * SECOND; // nanoTime may be anything

  @Test
  void opensAfterFailuresInARowAndNotBefore() {
    fail(2);
    succeed(1);
    fail(2);
    assertThat(state()).isEqualTo(State.CLOSED);

    fail(1);

    assertThat(state()).isEqualTo(State.OPEN);
    assertThat(breaker.enter(now)).isEqualTo(Pass.NONE);
    assertThat(breaker.untilTrial(now)).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void opensWhenTooLargeAPartOfTheRecentCallsFails() {
    for (int i = 0; i < 4; i++) {
      succeed(1);
      fail(1);
    }
    assertThat(state()).isEqualTo(State.CLOSED);
    succeed(1);

    fail(1);

    assertThat(state()).isEqualTo(State.OPEN);
  }

  @Test
  void forgetsFailuresThatAreOld() {
    for (int i = 0; i < 4; i++) {
      succeed(1);
      fail(1);
    }
    now += 31 * SECOND;
    succeed(1);

    fail(1);

    assertThat(state()).isEqualTo(State.CLOSED);
  }

  @Test
  void letsOneCallTryAndClosesWhenItSucceeds() {
    fail(3);
    now += 10 * SECOND;
    assertThat(state()).isEqualTo(State.HALF_OPEN);

    Pass trial = breaker.enter(now);

    assertThat(trial).isEqualTo(Pass.TRIAL);
    assertThat(breaker.enter(now)).isEqualTo(Pass.NONE);
    breaker.succeeded(trial, now, RULE);
    assertThat(state()).isEqualTo(State.CLOSED);
    assertThat(breaker.enter(now)).isEqualTo(Pass.ORDINARY);
    fail(2);
    assertThat(state()).isEqualTo(State.CLOSED);
  }

  @Test
  void staysOpenTwiceAsLongAfterEachTryThatFailsUpToEightTimes() {
    fail(3);
    for (long seconds : new long[] {10, 20, 40, 80, 80}) {
      assertThat(breaker.untilTrial(now)).isEqualTo(Duration.ofSeconds(seconds));
      now += seconds * SECOND;
      breaker.failed(breaker.enter(now), now, RULE);
    }
  }

  @Test
  void aTryThatTellsNothingLeavesRoomForAnother() {
    fail(3);
    now += 10 * SECOND;

    breaker.forgotten(breaker.enter(now));

    assertThat(breaker.enter(now)).isEqualTo(Pass.TRIAL);
  }

  @Test
  void whatBeganBeforeItOpenedChangesNothing() {
    Pass early = breaker.enter(now);
    fail(3);
    now += 10 * SECOND;
    Pass trial = breaker.enter(now);

    breaker.succeeded(early, now, RULE);
    breaker.failed(early, now, RULE);
    breaker.forgotten(early);

    assertThat(state()).isEqualTo(State.HALF_OPEN);
    assertThat(breaker.enter(now)).isEqualTo(Pass.NONE);
    breaker.succeeded(trial, now, RULE);
    assertThat(state()).isEqualTo(State.CLOSED);
  }

  @Test
  void letsACallTryAtOnceWhenTheTargetSeemsWell() {
    breaker.seemsWell(now);
    assertThat(state()).isEqualTo(State.CLOSED);
    fail(3);

    breaker.seemsWell(now);

    assertThat(breaker.enter(now)).isEqualTo(Pass.TRIAL);
  }

  private State state() {
    return breaker.state(now);
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      breaker.failed(breaker.enter(now), now, RULE);
    }
  }

  private void succeed(int times) {
    for (int i = 0; i < times; i++) {
      breaker.succeeded(breaker.enter(now), now, RULE);
    }
  }
}
