package io.modelgate.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Limits.Pass;
import io.modelgate.application.port.Limits.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitStanding.Allowance;
import io.modelgate.domain.access.RateBreach;
import io.modelgate.domain.access.RateBreach.Rule;
import io.modelgate.domain.access.RateLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What every {@link Limits} has to do. Limits of requests are low here, so that what a real clock
 * gives back while a test runs does not matter.
 */
public abstract class LimitsContract {
  private static final KeyId KEY = new KeyId("a");

  /** The port under test: the same at each call, nothing counted at first. */
  protected abstract Limits limits();

  /** Lets time pass, for everybody who decides. */
  protected abstract void pass(Duration time);

  @Test
  void admitsTheBurstAndThenNoMore() {
    var limits = new RateLimits(3L, null, null, null);

    assertThat(passes(limits, 0, 10)).hasSize(3);
    assertThat(refusal(limits, 0))
        .satisfies(
            breach -> {
              assertThat(breach.rule()).isEqualTo(Rule.REQUESTS);
              assertThat(breach.limit()).isEqualTo(3);
              assertThat(breach.used()).isEqualTo(3);
              assertThat(breach.retryAfter())
                  .isBetween(Duration.ofSeconds(15), Duration.ofSeconds(20));
              assertThat(breach.reset()).isBetween(Duration.ofSeconds(55), Duration.ofSeconds(60));
            });
  }

  @Test
  void aBurstSmallerThanTheMinuteIsTheMostAtOnce() {
    assertThat(passes(new RateLimits(60L, 2L, null, null), 0, 10)).hasSize(2);
  }

  @Test
  void whoWaitsAsToldGetsThrough() {
    var limits = new RateLimits(3L, null, 100L, null);
    passes(limits, 100, 1).getFirst().settle(70);
    for (int time = 0; time < 5; time++) {
      if (limits().admit(KEY, limits, 40) instanceof Verdict.Limited(var breach, _)) {
        pass(retryAfter(breach));
      }
      passes(limits, 40, 1).getFirst().settle(40);
    }
  }

  @Test
  void tokensTakenCountWhileTheCallRuns() {
    var limits = new RateLimits(null, null, 1_000L, null);
    passes(limits, 600, 1);

    assertThat(refusal(limits, 401))
        .satisfies(
            breach -> {
              assertThat(breach.rule()).isEqualTo(Rule.TOKENS);
              assertThat(breach.limit()).isEqualTo(1_000);
              assertThat(breach.used()).isEqualTo(600);
              assertThat(breach.retryAfter()).isEqualTo(Duration.ofSeconds(1));
            });
    assertThat(passes(limits, 400, 1)).hasSize(1);
  }

  @Test
  void tokensUsedCountOnceTheCallEnds() {
    var limits = new RateLimits(null, null, 10L, null);
    passes(limits, 6, 1).getFirst().settle(1);

    assertThat(refusal(limits, 10).used()).isEqualTo(1);
    assertThat(passes(limits, 9, 1)).hasSize(1);
  }

  @Test
  void tokensUsedBeyondThoseTakenCountToo() {
    var limits = new RateLimits(null, null, 10L, null);
    passes(limits, 1_000, 1).getFirst().settle(30);

    assertThat(retryAfter(refusal(limits, 10)))
        .isBetween(Duration.ofSeconds(175), Duration.ofSeconds(180));
    pass(Duration.ofMinutes(3));
    assertThat(passes(limits, 1_000, 2)).hasSize(1);
  }

  @Test
  void placesAreFreeAgainOnceCallsEnd() {
    var limits = new RateLimits(null, null, null, 2L);
    List<Pass> running = passes(limits, 0, 5);

    assertThat(running).hasSize(2);
    assertThat(refusal(limits, 0))
        .isEqualTo(
            new RateBreach(Rule.CONCURRENCY, 2, 2, Duration.ofSeconds(1), Duration.ofSeconds(1)));

    running.getFirst().settle(0);
    assertThat(passes(limits, 0, 5)).hasSize(1);
  }

  @Test
  void aPassSettlesOnce() {
    var limits = new RateLimits(null, null, 1_000L, 2L);
    Pass pass = passes(limits, 100, 2).getFirst();

    pass.settle(3);
    pass.settle(500);

    assertThat(limits().standing(KEY, limits).running()).isEqualTo(1);
    assertThat(passes(limits, 897, 3)).hasSize(1);
  }

  @Test
  void aCallThatIsNotAdmittedTakesNothing() {
    var limits = new RateLimits(3L, null, 100L, 2L);
    passes(limits, 60, 1);

    assertThat(passes(limits, 60, 20)).isEmpty();

    assertThat(passes(limits, 40, 1)).hasSize(1);
    assertThat(limits().standing(KEY, limits).requests())
        .extracting(Allowance::remaining)
        .isEqualTo(1L);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {"0,-,-,-,REQUESTS", "60,0,-,-,REQUESTS", "-,-,0,-,TOKENS", "-,-,-,0,CONCURRENCY"})
  void zeroAllowsNoneAndNeverWill(
      @Nullable Long rpm,
      @Nullable Long burst,
      @Nullable Long tpm,
      @Nullable Long concurrent,
      Rule rule) {
    assertThat(refusal(new RateLimits(rpm, burst, tpm, concurrent), 1))
        .isEqualTo(new RateBreach(rule, 0, 0, null, Duration.ZERO));
  }

  @Test
  void nothingIsLimitedWithoutLimits() {
    assertThat(passes(RateLimits.UNLIMITED, 1_000_000_000_000L, 500)).hasSize(500);
    assertThat(limits().standing(KEY, RateLimits.UNLIMITED))
        .isEqualTo(new LimitStanding(null, null, 500));
  }

  @Test
  void saysWhatIsLeftWithoutTakingIt() {
    var limits = new RateLimits(3L, null, 1_000L, 5L);
    assertThat(limits().standing(KEY, limits))
        .isEqualTo(
            new LimitStanding(
                new Allowance(3, 3, Duration.ZERO), new Allowance(1_000, 1_000, Duration.ZERO), 0));

    Verdict verdict = limits().admit(KEY, limits, 250);

    LimitStanding told = ((Verdict.Admitted) verdict).standing();
    for (LimitStanding standing : List.of(told, limits().standing(KEY, limits))) {
      assertThat(standing.requests()).extracting(Allowance::remaining).isEqualTo(2L);
      assertThat(standing.tokens()).extracting(Allowance::remaining).isEqualTo(750L);
      assertThat(standing.running()).isEqualTo(1);
    }
  }

  @Test
  void whoIsTurnedAwayIsToldWhatIsLeft() {
    var limits = new RateLimits(2L, null, null, null);
    passes(limits, 0, 2);

    Verdict verdict = limits().admit(KEY, limits, 0);

    assertThat(((Verdict.Limited) verdict).standing().requests())
        .satisfies(
            requests -> {
              assertThat(requests.limit()).isEqualTo(2);
              assertThat(requests.remaining()).isZero();
              assertThat(requests.reset()).isPositive();
            });
  }

  @Test
  void keysDoNotKnowOneAnother() {
    var limits = new RateLimits(1L, null, null, 1L);
    passes(limits, 0, 1);

    assertThat(limits().admit(new KeyId("b"), limits, 0)).isInstanceOf(Verdict.Admitted.class);
  }

  @Test
  void limitsMayChangeFromCallToCall() {
    passes(new RateLimits(2L, null, null, null), 0, 2);

    assertThat(passes(new RateLimits(4L, null, null, null), 0, 5)).hasSize(2);
    assertThat(passes(new RateLimits(1L, null, null, null), 0, 5)).isEmpty();
    assertThat(passes(RateLimits.UNLIMITED, 0, 5)).hasSize(5);
    assertThat(passes(new RateLimits(0L, null, null, null), 0, 5)).isEmpty();
  }

  @Test
  void manyAtTheSameTimeGetWhatTheLimitsSayTogether() throws InterruptedException {
    var limits = new RateLimits(20L, null, null, null);
    var admitted = new AtomicInteger();
    var threads =
        IntStream.range(0, 64)
            .mapToObj(
                _ ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              for (int call = 0; call < 10; call++) {
                                if (limits().admit(KEY, limits, 0) instanceof Verdict.Admitted in) {
                                  admitted.incrementAndGet();
                                  in.pass().settle(0);
                                }
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(admitted).hasValueBetween(20, 22);
    assertThat(limits().standing(KEY, limits).running()).isZero();
  }

  @Test
  void noMoreRunAtTheSameTimeThanMay() throws InterruptedException {
    var limits = new RateLimits(null, null, null, 7L);
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var threads =
        IntStream.range(0, 32)
            .mapToObj(
                _ ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              for (int call = 0; call < 50; call++) {
                                if (limits().admit(KEY, limits, 0) instanceof Verdict.Admitted in) {
                                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                                  LockSupport.parkNanos(1_000);
                                  running.decrementAndGet();
                                  in.pass().settle(0);
                                }
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(most).hasValueBetween(1, 7);
    assertThat(limits().standing(KEY, limits).running()).isZero();
    assertThat(passes(limits, 0, 20)).hasSize(7);
  }

  /** Those of so many calls that are admitted. */
  private List<Pass> passes(RateLimits limits, long tokens, int calls) {
    List<Pass> passes = new ArrayList<>();
    for (int call = 0; call < calls; call++) {
      if (limits().admit(KEY, limits, tokens) instanceof Verdict.Admitted(Pass pass, _)) {
        passes.add(pass);
      }
    }
    return passes;
  }

  private RateBreach refusal(RateLimits limits, long tokens) {
    return switch (limits().admit(KEY, limits, tokens)) {
      case Verdict.Limited(RateBreach breach, _) -> breach;
      case Verdict.Admitted _, Verdict.Unavailable _ -> throw new AssertionError("is not limited");
    };
  }

  private static Duration retryAfter(RateBreach breach) {
    Duration retryAfter = breach.retryAfter();
    if (retryAfter == null) {
      throw new AssertionError("will never pass");
    }
    return retryAfter;
  }
}
