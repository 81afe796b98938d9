package io.modelgate.domain.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.access.RateBreach.Rule;
import io.modelgate.domain.access.RateLimits.Verdict;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The decision against a model that remembers every call and knows nothing of buckets. */
class RateLimitsProperties {
  private static final long NOON = 1_795_348_800_000L;

  /**
   * What happens next.
   *
   * @param ends whether the oldest running call ends; else a call comes
   * @param later milliseconds after what happened before
   * @param tokens asked for, or really used
   */
  record Event(boolean ends, long later, long tokens) {}

  /** So much of something at a moment. */
  private record Amount(long at, long much) {}

  /** Remembers all, and looks at every window that ends now. */
  private static final class Model {
    private final RateLimits limits;
    private final List<Amount> requests = new ArrayList<>();
    private final List<Amount> used = new ArrayList<>();
    private final Deque<Long> running = new ArrayDeque<>();

    Model(RateLimits limits) {
      this.limits = limits;
    }

    boolean admit(long tokens, long now) {
      Long tpm = limits.tpm();
      long taken = tpm == null ? 0 : Math.min(tokens, tpm);
      if (!requestFits(now) || !tokensFit(taken, now) || !placeIsFree()) {
        return false;
      }
      requests.add(new Amount(now, 1));
      running.add(taken);
      return true;
    }

    private boolean requestFits(long now) {
      Long rpm = limits.rpm();
      Long burst = limits.burstInForce();
      return rpm == null
          || burst == null
          || (rpm > 0 && 60_000 * (burst - 1) >= counting(requests, rpm, now));
    }

    private boolean tokensFit(long taken, long now) {
      Long tpm = limits.tpm();
      long reserved = running.stream().mapToLong(Long::longValue).sum();
      return tpm == null
          || (tpm > 0 && 60_000 * (tpm - reserved - taken) >= counting(used, tpm, now));
    }

    private boolean placeIsFree() {
      return limits.maxConcurrent() == null || running.size() < limits.maxConcurrent();
    }

    void end(long tokens, long now) {
      running.remove();
      used.add(new Amount(now, tokens));
    }

    /** By how much the fullest of all windows up to now is over its rate, in 60,000ths. */
    private static long counting(List<Amount> amounts, long perMinute, long now) {
      long fullest = 0;
      long sum = 0;
      for (Amount amount : amounts.reversed()) {
        sum += amount.much();
        fullest = Math.max(fullest, sum * 60_000 - perMinute * (now - amount.at()));
      }
      return fullest;
    }
  }

  @Property(tries = 2_000)
  void decidesAsTheModelThatRemembersEverything(
      @ForAll("limits") RateLimits limits, @ForAll("events") List<Event> events) {
    var model = new Model(limits);
    LimitState state = LimitState.empty(NOON);
    Deque<Long> taken = new ArrayDeque<>();
    long now = NOON;

    for (Event event : events) {
      now += event.later();
      if (event.ends() && !taken.isEmpty()) {
        model.end(event.tokens(), now);
        state = state.settle(taken.remove(), event.tokens(), now);
      } else {
        Verdict verdict = limits.decide(state, event.tokens(), now);
        state = verdict.next();
        if (verdict instanceof Verdict.Pass pass) {
          taken.add(pass.taken());
        }
        assertThat(verdict instanceof Verdict.Pass).isEqualTo(model.admit(event.tokens(), now));
      }
    }
  }

  @Property(tries = 500)
  void noWindowHoldsMoreThanTheBurstAndWhatItsLengthGives(
      @ForAll("limits") RateLimits limits, @ForAll("events") List<Event> events) {
    LimitState state = LimitState.empty(NOON);
    List<Long> admitted = new ArrayList<>();
    long now = NOON;

    for (Event event : events) {
      now += event.later();
      Verdict verdict = limits.decide(state, 0, now);
      state = verdict.next();
      if (verdict instanceof Verdict.Pass) {
        admitted.add(now);
      }
    }

    Long rpm = limits.rpm();
    Long burst = limits.burstInForce();
    if (rpm != null && burst != null) {
      for (int first = 0; first < admitted.size(); first++) {
        for (int last = first; last < admitted.size(); last++) {
          long window = admitted.get(last) - admitted.get(first);
          assertThat((last - first + 1) * 60_000L)
              .isLessThanOrEqualTo(burst * 60_000 + rpm * window);
        }
      }
    }
  }

  @Property(tries = 2_000)
  void whoWaitsAsToldGetsThroughWhoeverChangedLimitsAndClockBefore(
      @ForAll("limitsInTurn") List<RateLimits> limitsInTurn,
      @ForAll("jumps") List<Event> events,
      @ForAll("limits") RateLimits limits) {
    LimitState state = LimitState.empty(NOON);
    Deque<Long> taken = new ArrayDeque<>();
    long now = NOON;
    for (int turn = 0; turn < events.size(); turn++) {
      Event event = events.get(turn);
      now += event.later();
      if (event.ends() && !taken.isEmpty()) {
        state = state.settle(taken.remove(), event.tokens(), now);
      } else {
        Verdict verdict =
            limitsInTurn.get(turn % limitsInTurn.size()).decide(state, event.tokens(), now);
        state = verdict.next();
        if (verdict instanceof Verdict.Pass pass) {
          taken.add(pass.taken());
        }
      }
    }

    for (int time = 0; time < 3; time++) {
      Verdict verdict = limits.decide(state, 7, now);
      state = verdict.next();
      if (!(verdict instanceof Verdict.Refused refused)
          || refused.breach().retryAfter() == null
          || !timeHelps(refused)) {
        return;
      }
      Duration retryAfter = refused.breach().retryAfter();
      assertThat(retryAfter).isPositive().isLessThanOrEqualTo(Duration.ofHours(1).plusMillis(1));
      assertThat(limits.decide(state, 7, now + retryAfter.toMillis() - 1))
          .isInstanceOf(Verdict.Refused.class);
      assertThat(limits.decide(state, 7, now + retryAfter.toMillis()))
          .isInstanceOf(Verdict.Pass.class);
      now += retryAfter.toMillis() / 2;
    }
  }

  /** Not so when only the end of running calls can. */
  private static boolean timeHelps(Verdict.Refused refused) {
    LimitState state = refused.next();
    Long tpm = state.limits().tpm();
    Long most = state.limits().maxConcurrent();
    return refused.breach().rule() != Rule.CONCURRENCY
        && (tpm == null || state.reserved() + Math.min(7, tpm) <= tpm)
        && (most == null || state.running() < most);
  }

  @Property(tries = 1_000)
  void whatIsLeftIsWhatStillGetsThrough(
      @ForAll("limits") RateLimits limits, @ForAll("events") List<Event> events) {
    var alone = new RateLimits(limits.rpm(), limits.burst(), null, null);
    LimitState state = LimitState.empty(NOON);
    long now = NOON;
    for (Event event : events) {
      now += event.later();
      state = alone.decide(state, event.tokens(), now).next();
    }

    LimitStanding.Allowance requests = alone.standing(state, now).requests();
    long passed = 0;
    while (requests != null && alone.decide(state, 0, now) instanceof Verdict.Pass pass) {
      state = pass.next();
      passed++;
    }

    assertThat(passed).isEqualTo(requests == null ? 0 : requests.remaining());
  }

  @Provide
  Arbitrary<RateLimits> limits() {
    return Combinators.combine(
            Arbitraries.longs().between(0, 200).injectNull(0.2),
            Arbitraries.longs().between(0, 20).injectNull(0.5),
            Arbitraries.longs().between(0, 500).injectNull(0.3),
            Arbitraries.longs().between(0, 5).injectNull(0.5))
        .as(RateLimits::new);
  }

  @Provide
  Arbitrary<List<RateLimits>> limitsInTurn() {
    return limits().list().ofMinSize(1).ofMaxSize(5);
  }

  @Provide
  Arbitrary<List<Event>> events() {
    return Combinators.combine(
            Arbitraries.of(true, false),
            Arbitraries.longs().between(0, 5_000),
            Arbitraries.longs().between(0, 300))
        .as(Event::new)
        .list()
        .ofMaxSize(60);
  }

  @Provide
  Arbitrary<List<Event>> jumps() {
    return Combinators.combine(
            Arbitraries.of(true, false),
            Arbitraries.oneOf(
                Arbitraries.longs().between(0, 2_000),
                Arbitraries.longs().between(-7_200_000, 7_200_000)),
            Arbitraries.longs().between(0, 30_000))
        .as(Event::new)
        .list()
        .ofMaxSize(40);
  }
}
