package io.modelgate.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.Quotas.Settlement;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Quotas} has to do. */
public abstract class QuotasContract {
  /** Whose midnights begin the days; has days of 23 and 25 hours. */
  protected static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

  private static final KeyId KEY = new KeyId("a");
  private static final KeyId OTHER = new KeyId("b");

  /** A Tuesday in the middle of its month: 13 h in Berlin. */
  private static final Instant NOON = Instant.parse("2026-11-17T12:00:00Z");

  private static final TokenQuota HUNDRED = TokenQuota.of(100);

  /**
   * The port under test: the same at each call, nothing used at first, its days by {@link #ZONE}.
   */
  protected abstract Quotas quotas();

  /** The request ids of the records that are kept, in any order. */
  protected abstract List<String> keptRequests();

  /** A record of a call that was answered whole. */
  public static UsageRecord record(KeyId key, String requestId, Instant time, long tokens) {
    return record(key, requestId, time, new TokenUsage(tokens - tokens / 2, tokens / 2));
  }

  /** A record of a call that was answered whole. */
  public static UsageRecord record(KeyId key, String requestId, Instant time, TokenUsage tokens) {
    return new UsageRecord(
        time,
        requestId,
        key,
        "small",
        "org/small:7b",
        BackendKind.VLLM,
        Endpoint.CHAT_COMPLETIONS,
        tokens.by(UsageSource.UPSTREAM),
        Ending.COMPLETED,
        200,
        true,
        Duration.ofNanos(1_234_567),
        Duration.ofMillis(80));
  }

  /** {@code prompt} and one text of {@code output}. */
  private static TokenDemand demand(long prompt, long output) {
    return new TokenDemand(prompt, 1, output);
  }

  private Reservation reserved(TokenQuota quota, TokenDemand demand, Instant now) {
    Verdict verdict = quotas().reserve(KEY, quota, demand, now);
    assertThat(verdict).isInstanceOf(Verdict.Reserved.class);
    return ((Verdict.Reserved) verdict).reservation();
  }

  private void charge(KeyId key, Instant now, long tokens) {
    Verdict verdict = quotas().reserve(key, TokenQuota.UNLIMITED, demand(0, tokens), now);
    assertThat(verdict).isInstanceOf(Verdict.Reserved.class);
    assertThat(((Verdict.Reserved) verdict).reservation().settle(record(key, "req", now, tokens)))
        .isEqualTo(Settlement.DURABLE);
  }

  private QuotaStanding standing(TokenQuota quota, Instant now) {
    return quotas().standing(KEY, quota, now);
  }

  private long used(QuotaPeriod period, Instant now) {
    return standing(TokenQuota.UNLIMITED.withPeriod(period), now).used();
  }

  @Test
  void aKeyNeverSeenHasUsedNothing() {
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 0, 0, null));
    assertThat(standing(TokenQuota.UNLIMITED, NOON).left()).isNull();
  }

  @Test
  void whatIsSetAsideBecomesWhatWasUsed() {
    Reservation call = reserved(HUNDRED, demand(10, 50), NOON);
    assertThat(call.tokens()).isEqualTo(60);
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 0, 60, null));

    assertThat(call.settle(record(KEY, "req_1", NOON, 25))).isEqualTo(Settlement.DURABLE);

    assertThat(call.tokens()).isZero();
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 25, 0, null));
    assertThat(quotas().standing(OTHER, HUNDRED, NOON).used()).isZero();
    assertThat(keptRequests()).containsExactly("req_1");
  }

  @Test
  void aCallThatWasNeverSentGivesAllBackAndLeavesNoRecord() {
    Reservation call = reserved(HUNDRED, demand(10, 90), NOON);

    call.cancel();

    assertThat(call.tokens()).isZero();
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 0, 0, null));
    assertThat(keptRequests()).isEmpty();
  }

  @Test
  void whatACallUsedIsChargedBeItMoreThanWasSetAside() {
    Reservation call = reserved(HUNDRED, demand(10, 50), NOON);

    call.settle(record(KEY, "req_1", NOON, 130));

    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 130, 0, null));
    assertThat(quotas().reserve(KEY, HUNDRED, demand(0, 1), NOON))
        .isEqualTo(new Verdict.Exhausted(new QuotaStanding(HUNDRED, 130, 0, null)));
  }

  @Test
  void aCallThatUsedNothingIsKeptAllTheSame() {
    reserved(HUNDRED, demand(10, 50), NOON).settle(record(KEY, "req_1", NOON, 0));
    reserved(HUNDRED, demand(10, 50), NOON).settle(record(KEY, "req_1", NOON, 0));

    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 0, 0, null));
    assertThat(keptRequests()).containsExactly("req_1", "req_1");
  }

  @Test
  void aCallEndsOnce() {
    Reservation settled = reserved(HUNDRED, demand(0, 20), NOON);
    settled.settle(record(KEY, "req_1", NOON, 20));
    Reservation cancelled = reserved(HUNDRED, demand(0, 20), NOON);
    cancelled.cancel();

    for (Reservation ended : List.of(settled, cancelled)) {
      assertThatIllegalStateException()
          .isThrownBy(() -> ended.settle(record(KEY, "req_2", NOON, 20)));
      assertThatIllegalStateException().isThrownBy(ended::cancel);
      assertThatIllegalStateException().isThrownBy(() -> ended.extend(HUNDRED, 1));
    }

    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 20, 0, null));
    assertThat(keptRequests()).containsExactly("req_1");
  }

  @Test
  void aCallIsKeptToWhatIsLeftAndTheNextOneFindsTheQuotaBusyUntilItEnds() {
    charge(KEY, NOON, 50);

    Verdict first = quotas().reserve(KEY, HUNDRED, new TokenDemand(10, 3, 1_000), NOON);
    Verdict second = quotas().reserve(KEY, HUNDRED, demand(10, 1_000), NOON);

    var standing = new QuotaStanding(HUNDRED, 50, 49, null);
    assertThat(first).isInstanceOf(Verdict.Reserved.class);
    var reserved = (Verdict.Reserved) first;
    assertThat(reserved.cap()).isEqualTo(13);
    assertThat(reserved.reservation().tokens()).isEqualTo(10 + 3 * 13);
    assertThat(second).isEqualTo(new Verdict.Busy(standing));
    reserved.reservation().settle(record(KEY, "req_1", NOON, 20));
    assertThat(quotas().reserve(KEY, HUNDRED, demand(10, 20), NOON))
        .isInstanceOf(Verdict.Reserved.class);
    assertThat(quotas().reserve(KEY, HUNDRED, demand(30, 20), NOON))
        .isInstanceOf(Verdict.Exhausted.class);
  }

  @Test
  void aRunningCallGetsMoreWhileThereIsMore() {
    charge(KEY, NOON, 20);
    Reservation call = reserved(HUNDRED, demand(10, 20), NOON);
    Reservation other = reserved(HUNDRED, demand(10, 20), NOON);

    assertThat(call.extend(HUNDRED, 0)).isZero();
    assertThat(call.extend(HUNDRED, 15)).isEqualTo(15);
    assertThat(call.extend(HUNDRED, 15)).isEqualTo(5);
    assertThat(call.extend(HUNDRED, 15)).isZero();
    assertThat(call.tokens()).isEqualTo(50);
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 20, 80, null));
    other.cancel();
    assertThat(call.extend(HUNDRED, 15)).isEqualTo(15);
    call.settle(record(KEY, "req_1", NOON, 70));

    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 90, 0, null));
  }

  @Test
  void anAdministratorsChangeCountsAtOnceForRunningCallsToo() {
    Reservation call = reserved(HUNDRED, demand(10, 20), NOON);

    assertThat(call.extend(TokenQuota.of(40), 30)).as("lowered").isEqualTo(10);
    assertThat(call.extend(TokenQuota.of(5), 30)).as("below what it has").isZero();
    assertThat(call.extend(TokenQuota.of(1_000), 30)).as("raised").isEqualTo(30);
    assertThat(call.extend(TokenQuota.UNLIMITED, 1_000_000)).isEqualTo(1_000_000);
    call.settle(record(KEY, "req_1", NOON, 1_000_000));

    assertThat(quotas().reserve(KEY, TokenQuota.of(1_000_000), demand(0, 1), NOON))
        .isInstanceOf(Verdict.Exhausted.class);
    assertThat(quotas().reserve(KEY, TokenQuota.of(1_000_001), demand(0, 1), NOON))
        .isInstanceOf(Verdict.Reserved.class);
  }

  @Test
  void aQuotaOfNothingAllowsNothingAndNoneAllowsEverything() {
    assertThat(quotas().reserve(KEY, TokenQuota.of(0), demand(0, 1), NOON))
        .isInstanceOf(Verdict.Exhausted.class);

    charge(KEY, NOON, 7);
    charge(KEY, NOON, 2 * TokenUsage.MOST);

    assertThat(used(QuotaPeriod.TOTAL, NOON)).isEqualTo(7 + 2 * TokenUsage.MOST);
  }

  @Test
  void hugeNumbersDoNotOverflow() {
    var huge = TokenQuota.of(Long.MAX_VALUE);
    TokenDemand everything = new TokenDemand(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
    Reservation first = reserved(TokenQuota.UNLIMITED, everything, NOON);
    Reservation second = reserved(TokenQuota.UNLIMITED, everything, NOON);

    assertThat(first.tokens()).isEqualTo(Reservation.MOST);
    assertThat(first.extend(TokenQuota.UNLIMITED, Long.MAX_VALUE)).isZero();
    assertThat(standing(huge, NOON).left()).isEqualTo(Long.MAX_VALUE - 2 * Reservation.MOST);
    first.settle(record(KEY, "req_1", NOON, new TokenUsage(TokenUsage.MOST, TokenUsage.MOST)));
    second.cancel();

    assertThat(standing(huge, NOON))
        .isEqualTo(new QuotaStanding(huge, 2 * TokenUsage.MOST, 0, null));
  }

  @ParameterizedTest
  @EnumSource
  void eachPeriodEndsByTheCalendarAndTheNextBeginsAtNothing(QuotaPeriod period) {
    var quota = HUNDRED.withPeriod(period);
    charge(KEY, NOON, 60);
    Instant end = period.endOf(NOON, ZONE);

    assertThat(standing(quota, NOON)).isEqualTo(new QuotaStanding(quota, 60, 0, end));
    if (end == null) {
      assertThat(standing(quota, NOON.plus(Duration.ofDays(4_000))).used()).isEqualTo(60);
      return;
    }
    assertThat(standing(quota, end.minusMillis(1)).used()).isEqualTo(60);
    assertThat(standing(quota, end))
        .isEqualTo(new QuotaStanding(quota, 0, 0, period.endOf(end, ZONE)));
    assertThat(quotas().reserve(KEY, quota, demand(0, 100), end.minusMillis(1)))
        .isInstanceOfSatisfying(
            Verdict.Reserved.class, reserved -> assertThat(reserved.cap()).isEqualTo(40));
    assertThat(quotas().reserve(KEY, quota, demand(0, 100), end))
        .isInstanceOfSatisfying(
            Verdict.Reserved.class, reserved -> assertThat(reserved.cap()).isNull());
  }

  @Test
  void aCallIsChargedToThePeriodInWhichItWasAdmitted() {
    var daily = HUNDRED.withPeriod(QuotaPeriod.DAY);
    Instant tomorrow = NOON.plus(Duration.ofDays(1));
    Reservation call = reserved(daily, demand(10, 20), NOON);

    Reservation next = reserved(daily, demand(0, 100), tomorrow);
    assertThat(call.extend(daily, 100)).as("of its own day").isEqualTo(70);
    next.settle(record(KEY, "req_2", tomorrow, 5));
    call.settle(record(KEY, "req_1", NOON, 90));

    assertThat(standing(daily, NOON).used()).isEqualTo(90);
    assertThat(standing(daily, tomorrow).used()).isEqualTo(5);
    assertThat(used(QuotaPeriod.WEEK, tomorrow)).isEqualTo(95);
    assertThat(used(QuotaPeriod.MONTH, NOON)).isEqualTo(95);
    assertThat(used(QuotaPeriod.TOTAL, NOON)).isEqualTo(95);
  }

  @Test
  void anotherPeriodCountsExactlyFromTheMomentItIsSet() {
    charge(KEY, NOON.minus(Duration.ofDays(40)), 1_000);
    charge(KEY, NOON.minus(Duration.ofDays(10)), 200);
    charge(KEY, NOON.minus(Duration.ofDays(1)), 30);
    charge(KEY, NOON, 4);
    Reservation call = reserved(TokenQuota.UNLIMITED, demand(0, 50), NOON);

    var monthly = HUNDRED.withPeriod(QuotaPeriod.MONTH);
    var weekly = HUNDRED.withPeriod(QuotaPeriod.WEEK);
    var daily = HUNDRED.withPeriod(QuotaPeriod.DAY);
    assertThat(standing(HUNDRED, NOON).used()).isEqualTo(1_234);
    assertThat(standing(monthly, NOON).used()).isEqualTo(234);
    assertThat(standing(weekly, NOON).used()).isEqualTo(34);
    assertThat(standing(daily, NOON).used()).isEqualTo(4);
    assertThat(quotas().reserve(KEY, monthly, demand(0, 1), NOON))
        .isInstanceOf(Verdict.Exhausted.class);
    assertThat(call.extend(weekly, 30)).isEqualTo(16);
    assertThat(call.extend(daily, 50)).isEqualTo(30);
    assertThat(quotas().reserve(KEY, daily, demand(0, 1), NOON)).isInstanceOf(Verdict.Busy.class);
  }

  @Test
  void aDayIsAsLongAsTheCalendarSays() {
    var daily = HUNDRED.withPeriod(QuotaPeriod.DAY);
    Instant beforeSpring = Instant.parse("2026-03-28T23:30:00Z");
    Instant beforeAutumn = Instant.parse("2026-10-24T22:30:00Z");
    charge(KEY, beforeSpring, 40);
    charge(KEY, beforeAutumn, 50);

    assertThat(standing(daily, beforeSpring.plus(Duration.ofHours(22))))
        .isEqualTo(new QuotaStanding(daily, 40, 0, Instant.parse("2026-03-29T22:00:00Z")));
    assertThat(standing(daily, beforeSpring.plus(Duration.ofMinutes(22 * 60 + 30))).used())
        .isZero();
    assertThat(standing(daily, beforeAutumn.plus(Duration.ofHours(24))))
        .isEqualTo(new QuotaStanding(daily, 50, 0, Instant.parse("2026-10-25T23:00:00Z")));
  }

  @Test
  void aClockSetBackOverMidnightFindsWhatWasUsedThen() {
    var daily = HUNDRED.withPeriod(QuotaPeriod.DAY);
    Instant midnight = Instant.parse("2026-11-30T23:00:00Z");
    Instant before = midnight.minus(Duration.ofMinutes(30));
    Instant after = midnight.plus(Duration.ofMinutes(30));
    charge(KEY, before, 70);
    charge(KEY, after, 20);

    for (Instant back : List.of(before, after, before)) {
      Reservation call = reserved(daily, demand(0, 5), back);
      call.settle(record(KEY, "req_1", back, 5));
    }

    assertThat(standing(daily, before).used()).isEqualTo(80);
    assertThat(standing(daily, after).used()).isEqualTo(25);
    assertThat(used(QuotaPeriod.MONTH, before)).isEqualTo(80);
    assertThat(used(QuotaPeriod.WEEK, before)).isEqualTo(105);
  }

  @Test
  void whatIsGivenBackIsWhatWasChargedAndCallsUnderWayAreChargedAfterwards() {
    charge(KEY, NOON, 60);
    charge(OTHER, NOON, 5);
    Reservation call = reserved(HUNDRED, demand(10, 20), NOON);

    giveBack();

    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 0, 30, null));
    assertThat(used(QuotaPeriod.MONTH, NOON)).as("another period").isEqualTo(60);
    assertThat(quotas().standing(OTHER, HUNDRED, NOON).used()).isEqualTo(5);
    assertThat(call.extend(HUNDRED, 1_000)).as("of what was given back").isEqualTo(70);
    call.settle(record(KEY, "req_1", NOON, 25));
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 25, 0, null));
    assertThat(used(QuotaPeriod.MONTH, NOON)).isEqualTo(85);
    giveBack();
    giveBack();
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 0, 0, null));
  }

  /** See also what the disk says afterwards, where there is one. */
  @Test
  void aQuotaThatIsGivenBackUnderLoadIsNeverBelowNothingAndHasAllThatIsChargedSince()
      throws InterruptedException {
    together(
        16,
        number -> {
          for (int time = 0; time < 20; time++) {
            if (number == 0) {
              giveBack();
            } else {
              Reservation call = reserved(TokenQuota.UNLIMITED, demand(1, 6), NOON);
              QuotaStanding standing = standing(HUNDRED, NOON);
              assertThat(standing.used()).isBetween(0L, 15 * 20 * 3L);
              assertThat(standing.reserved()).isPositive();
              call.settle(record(KEY, "req", NOON, 3));
            }
          }
        });

    assertThat(used(QuotaPeriod.DAY, NOON)).as("another period").isEqualTo(15 * 20 * 3L);
    giveBack();
    charge(KEY, NOON, 7);
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 7, 0, null));
  }

  private void giveBack() {
    quotas()
        .reset(
            Samples.aKey(KEY.value(), "sk-mg-a").on(terms -> terms.withQuota(HUNDRED)),
            NOON,
            new Deed(Action.RESET_USAGE, Samples.AUTHOR, NOON));
  }

  @Test
  void twoHundredCallsAtOnceNeverTakeMoreThanThereIs() throws InterruptedException {
    var quota = TokenQuota.of(1_000);
    var charged = new AtomicLong();
    var served = new AtomicInteger();

    together(200, number -> callOnce(number, quota, charged, served));

    QuotaStanding standing = standing(quota, NOON);
    assertThat(standing.reserved()).isZero();
    assertThat(standing.used()).isEqualTo(charged.get()).isBetween(980L, 1_000L);
    assertThat(keptRequests()).hasSize(served.get());
  }

  /** Tries until it was served or there is nothing left. */
  private void callOnce(int number, TokenQuota quota, AtomicLong charged, AtomicInteger served) {
    while (true) {
      switch (quotas().reserve(KEY, quota, demand(5, 20), NOON)) {
        case Verdict.Reserved(Reservation call, Long cap) -> {
          long more = cap == null ? call.extend(quota, 15) : 0;
          QuotaStanding standing = standing(quota, NOON);
          assertThat(standing.used() + standing.reserved()).isLessThanOrEqualTo(1_000);
          long tokens = call.tokens() - (cap == null && more == 15 ? number % 7 : 0);
          served.incrementAndGet();
          charged.addAndGet(tokens);
          call.settle(record(KEY, "req_" + number, NOON, tokens));
          return;
        }
        case Verdict.Busy _ -> LockSupport.parkNanos(100_000);
        case Verdict.Exhausted _ -> {
          return;
        }
        case Verdict.Unavailable _ -> throw new AssertionError("the store works");
      }
    }
  }

  @Test
  void nothingIsLostWhenPeriodsEndUnderLoad() throws InterruptedException {
    var clock = new SettableClock(NOON);
    Instant nextDay = NOON.plus(Duration.ofDays(1));
    var charged = new AtomicLong[] {new AtomicLong(), new AtomicLong()};

    together(
        32,
        _ -> {
          for (int time = 0; time < 30; time++) {
            Instant now = clock.instant();
            int day = now.equals(NOON) ? 0 : 1;
            Reservation call = reserved(HUNDRED.withLimit(null), demand(1, 6), now);
            clock.set(ThreadLocalRandom.current().nextBoolean() ? NOON : nextDay);
            if (time % 5 == 0) {
              call.cancel();
            } else {
              charged[day].addAndGet(3);
              call.settle(record(KEY, "req", now, 3));
            }
          }
        });

    assertThat(used(QuotaPeriod.DAY, NOON)).isEqualTo(charged[0].get());
    assertThat(used(QuotaPeriod.DAY, nextDay)).isEqualTo(charged[1].get());
    assertThat(used(QuotaPeriod.WEEK, NOON)).isEqualTo(32 * 24 * 3);
    assertThat(standing(HUNDRED, NOON)).isEqualTo(new QuotaStanding(HUNDRED, 32 * 24 * 3, 0, null));
    assertThat(keptRequests()).hasSize(32 * 24);
  }

  private static void together(int threads, IntConsumer work) throws InterruptedException {
    var failures = new ConcurrentLinkedQueue<Throwable>();
    List<Thread> running =
        IntStream.range(0, threads)
            .mapToObj(
                number ->
                    Thread.ofVirtual()
                        .uncaughtExceptionHandler((_, failure) -> failures.add(failure))
                        .start(() -> work.accept(number)))
            .toList();
    for (Thread thread : running) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }
}
