package io.modelgate.infrastructure.memory;

import io.modelgate.domain.access.LimitState;
import io.modelgate.domain.access.RateLimits;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What counts against one key, until it is closed. Thread-safe, by compare-and-set. The clock is
 * read after the state: so it is never behind a state that another thread left, and what has leaked
 * once does not leak again.
 */
final class KeyAccount {
  private final InstantSource clock;

  /** Null once closed. */
  private final AtomicReference<@Nullable LimitState> state;

  KeyAccount(InstantSource clock) {
    this.clock = clock;
    state = new AtomicReference<>(LimitState.empty(clock.millis()));
  }

  /** A verdict that is in force, and when it was reached. */
  record Decided(RateLimits.Verdict verdict, long now) {}

  /** Decides, and counts what follows; null when closed. */
  @Nullable Decided decide(RateLimits limits, long tokens) {
    while (true) {
      LimitState before = state.get();
      if (before == null) {
        return null;
      }
      long now = clock.millis();
      RateLimits.Verdict verdict = limits.decide(before, tokens, now);
      if (state.compareAndSet(before, verdict.next())) {
        return new Decided(verdict, now);
      }
    }
  }

  void settle(long taken, long used) {
    while (true) {
      LimitState before = state.get();
      if (before == null
          || state.compareAndSet(before, before.settle(taken, used, clock.millis()))) {
        return;
      }
    }
  }

  @Nullable LimitState state() {
    return state.get();
  }

  /** Closes it for ever if nothing counts. */
  boolean closeIfEmpty() {
    LimitState before = state.get();
    return before == null || (before.isEmpty(clock.millis()) && state.compareAndSet(before, null));
  }
}
