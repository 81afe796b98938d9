package io.modelgate.domain.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.modelgate.domain.access.RateBreach.Rule;
import io.modelgate.domain.access.RateLimits.Verdict;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimitsTest {
  private static final long NOON = 1_795_348_800_000L;
  private static final long HOUR = 3_600_000;

  private LimitState state = LimitState.empty(NOON);

  @Test
  void letsAsManyThroughAtOnceAsAMinuteHas() {
    var limits = RateLimits.ofRequests(60);

    assertThat(passing(limits, 0, NOON, 100)).isEqualTo(60);
  }

  @Test
  void letsOnlyTheBurstThroughAtOnce() {
    var limits = new RateLimits(60L, 5L, null, null);

    assertThat(passing(limits, 0, NOON, 100)).isEqualTo(5);
    assertThat(passing(limits, 0, NOON + 999, 100)).isZero();
    assertThat(passing(limits, 0, NOON + 1_000, 100)).isEqualTo(1);
    assertThat(passing(limits, 0, NOON + HOUR, 100)).isEqualTo(5);
  }

  @Test
  void aBurstMayBeLargerThanAMinuteHas() {
    var limits = new RateLimits(1L, 1_000_000L, null, null);

    assertThat(passing(limits, 0, NOON, 2_000)).isEqualTo(2_000);
    assertThat(passes(limits, 0, NOON)).isTrue();
  }

  @Test
  void saysWhenToComeAgainAndWhenAllIsForgotten() {
    var limits = new RateLimits(60L, 5L, null, null);
    passing(limits, 0, NOON, 5);

    assertThat(breach(limits, 0, NOON + 400))
        .isEqualTo(
            new RateBreach(Rule.REQUESTS, 60, 5, Duration.ofMillis(600), Duration.ofMillis(4_600)));
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
    var limits = new RateLimits(rpm, burst, tpm, concurrent);

    assertThat(breach(limits, 0, NOON)).isEqualTo(new RateBreach(rule, 0, 0, null, Duration.ZERO));
  }

  @Test
  void withoutLimitsEverythingPasses() {
    assertThat(passing(RateLimits.UNLIMITED, Long.MAX_VALUE, NOON, 1_000)).isEqualTo(1_000);
    assertThat(RateLimits.UNLIMITED.standing(state, NOON))
        .isEqualTo(new LimitStanding(null, null, 1_000));
  }

  @Test
  void whatRunningCallsHaveTakenCountsUntilTheyEnd() {
    var limits = new RateLimits(null, null, 1_000L, null);
    passing(limits, 600, NOON, 1);

    assertThat(breach(limits, 401, NOON + HOUR))
        .isEqualTo(
            new RateBreach(Rule.TOKENS, 1_000, 600, Duration.ofSeconds(1), Duration.ofSeconds(36)));
    assertThat(passes(limits, 400, NOON + HOUR)).isTrue();
  }

  @Test
  void whatWasReallyUsedLeaksFromTheEndOfTheCall() {
    var limits = new RateLimits(null, null, 1_000L, null);
    passing(limits, 600, NOON, 1);

    state = state.settle(600, 100, NOON + HOUR);

    assertThat(passes(limits, 900, NOON + HOUR)).isTrue();
    assertThat(breach(limits, 901, NOON + HOUR))
        .isEqualTo(
            new RateBreach(Rule.TOKENS, 1_000, 100, Duration.ofMillis(60), Duration.ofSeconds(6)));
  }

  @Test
  void aCallLargerThanTheLimitPassesOnceNothingElseCounts() {
    var limits = new RateLimits(null, null, 1_000L, null);
    passing(limits, 10, NOON, 1);
    state = state.settle(10, 10, NOON);

    assertThat(breach(limits, 50_000, NOON + 599))
        .isEqualTo(
            new RateBreach(Rule.TOKENS, 1_000, 1, Duration.ofMillis(1), Duration.ofMillis(1)));
    assertThat(passing(limits, 50_000, NOON + 600, 2)).isEqualTo(1);
    assertThat(state.reserved()).isEqualTo(1_000);
  }

  @Test
  void whoUsedMoreThanTakenOwesItButNoMoreThanAnHour() {
    var limits = new RateLimits(null, null, 1_000L, null);
    passing(limits, 50_000, NOON, 1);
    state = state.settle(1_000, 5_000, NOON);

    assertThat(breach(limits, 1_000, NOON).retryAfter()).isEqualTo(Duration.ofMinutes(5));

    state = state.settle(0, Long.MAX_VALUE, NOON);
    assertThat(breach(limits, 1_000, NOON).retryAfter()).isEqualTo(Duration.ofMinutes(60));
  }

  @Test
  void aCallTooManyAtTheSameTimeIsToldToComeSoon() {
    var limits = new RateLimits(null, null, null, 2L);
    assertThat(passing(limits, 0, NOON, 5)).isEqualTo(2);

    assertThat(breach(limits, 0, NOON + HOUR))
        .isEqualTo(
            new RateBreach(Rule.CONCURRENCY, 2, 2, Duration.ofSeconds(1), Duration.ofSeconds(1)));

    state = state.settle(0, 0, NOON + HOUR);
    assertThat(passing(limits, 0, NOON + HOUR, 5)).isEqualTo(1);
  }

  @Test
  void theBreachToldIsTheOneThatLastsLongest() {
    var limits = new RateLimits(60L, 1L, 100L, 1L);
    passing(limits, 100, NOON, 1);
    state = state.settle(100, 100, NOON);

    assertThat(breach(limits, 0, NOON).rule()).isEqualTo(Rule.REQUESTS);
    assertThat(breach(limits, 50, NOON).rule()).isEqualTo(Rule.TOKENS);
    assertThat(breach(new RateLimits(60L, 1L, 100L, 0L), 50, NOON).rule())
        .isEqualTo(Rule.CONCURRENCY);
  }

  @Test
  void aCallThatDoesNotPassTakesNothing() {
    var limits = new RateLimits(60L, null, 100L, 1L);
    passing(limits, 60, NOON, 1);
    LimitState before = state;

    passing(limits, 60, NOON, 50);

    assertThat(state).isEqualTo(before);
  }

  @Test
  void aRaisedLimitGivesItsRoomAtOnce() {
    passing(new RateLimits(1L, null, 10L, null), 10, NOON, 1);
    state = state.settle(10, 10, NOON);

    assertThat(new RateLimits(100L, null, 1_000L, null).standing(state, NOON))
        .isEqualTo(
            new LimitStanding(
                new LimitStanding.Allowance(100, 99, Duration.ofMillis(600)),
                new LimitStanding.Allowance(1_000, 990, Duration.ofMillis(600)),
                0));
  }

  @Test
  void aLoweredLimitKeepsNobodyOutForLongerThanItsOwnMinute() {
    passing(new RateLimits(1_000L, null, 10_000L, null), 10, NOON, 1_000);
    for (int call = 0; call < 1_000; call++) {
      state = state.settle(10, 10, NOON);
    }

    var lowered = new RateLimits(2L, null, 20L, null);

    assertThat(breach(lowered, 10, NOON).retryAfter()).isEqualTo(Duration.ofSeconds(30));
    assertThat(passing(lowered, 10, NOON + 30_000, 5)).isEqualTo(1);
  }

  @Test
  void limitsTakenAwayAndGivenBackStartEmpty() {
    passing(RateLimits.ofRequests(3), 0, NOON, 3);
    passing(RateLimits.UNLIMITED, 0, NOON, 1);

    assertThat(passing(RateLimits.ofRequests(3), 0, NOON, 5)).isEqualTo(3);
  }

  @Test
  void aClockSetBackByAnHourNeitherLocksOutNorGivesABurst() {
    var limits = new RateLimits(60L, 5L, null, null);
    passing(limits, 0, NOON, 5);

    assertThat(breach(limits, 0, NOON - HOUR).retryAfter()).isEqualTo(Duration.ofSeconds(1));
    assertThat(passing(limits, 0, NOON - HOUR, 5)).isZero();
    assertThat(passing(limits, 0, NOON - HOUR + 1_000, 5)).isEqualTo(1);
  }

  @Test
  void aClockSetForwardGivesOneBurstAndNoMore() {
    var limits = new RateLimits(60L, 5L, null, null);
    passing(limits, 0, NOON, 5);

    assertThat(passing(limits, 0, NOON + HOUR, 100)).isEqualTo(5);
    assertThat(passing(limits, 0, NOON, 100)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE / 2, -1, 0, Long.MAX_VALUE / 2})
  void noClockIsTooWrong(long now) {
    var limits = new RateLimits(1_000_000L, null, 1_000_000_000L, null);
    passing(limits, 1_000, NOON, 10);

    assertThat(passes(limits, 1_000, now)).isTrue();
  }

  @Test
  void aStateIsEmptyOnceEverythingHasLeakedAndEnded() {
    var limits = new RateLimits(60L, null, 60L, null);
    passing(limits, 1, NOON, 1);
    assertThat(state.isEmpty(NOON + HOUR)).isFalse();

    state = state.settle(1, 2, NOON);

    assertThat(state.isEmpty(NOON + 1_999)).isFalse();
    assertThat(state.isEmpty(NOON + 2_000)).isTrue();
  }

  @Test
  void sharesAreEqualAndAtLeastOneOfWhatIsAllowed() {
    assertThat(new RateLimits(100L, null, 1L, 0L).sharedBy(3))
        .isEqualTo(new RateLimits(33L, null, 1L, 0L));
    assertThat(new RateLimits(2L, 7L, null, 3L).sharedBy(3))
        .isEqualTo(new RateLimits(1L, 2L, null, 1L));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {"-1,-,-,-", "-,-1,-,-", "1000001,-,-,-", "-,-,1000000001,-", "-,-,-,1000001"})
  void saysWhichLimitIsOutOfItsRange(
      @Nullable Long rpm, @Nullable Long burst, @Nullable Long tpm, @Nullable Long concurrent) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RateLimits(rpm, burst, tpm, concurrent));
  }

  /** How many of so many calls pass. */
  private int passing(RateLimits limits, long tokens, long now, int calls) {
    int passed = 0;
    for (int call = 0; call < calls; call++) {
      Verdict verdict = limits.decide(state, tokens, now);
      state = verdict.next();
      passed += verdict instanceof Verdict.Pass ? 1 : 0;
    }
    return passed;
  }

  /** Whether the next call would pass. The state stays. */
  private boolean passes(RateLimits limits, long tokens, long now) {
    return limits.decide(state, tokens, now) instanceof Verdict.Pass;
  }

  /** Why the next call would not pass. The state stays. */
  private RateBreach breach(RateLimits limits, long tokens, long now) {
    return switch (limits.decide(state, tokens, now)) {
      case Verdict.Refused(_, RateBreach breach) -> breach;
      case Verdict.Pass _ -> throw new AssertionError("passes");
    };
  }
}
