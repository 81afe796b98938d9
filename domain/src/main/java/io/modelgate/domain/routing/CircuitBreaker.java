package io.modelgate.domain.routing;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * Keeps calls from a target that fails them, by what became of those before: after so many failures
 * in a row, or so large a part of the recent calls, it opens; after a while one call is let through
 * to try, and its end decides. Each try that fails doubles the while, up to {@value #MOST_TIMES}
 * times. Not thread-safe; times are of {@link System#nanoTime()}.
 *
 * @see <a href="https://martinfowler.com/bliki/CircuitBreaker.html">Fowler: CircuitBreaker</a>
 */
public final class CircuitBreaker {
  private static final int MOST_TIMES = 8;
  private static final int SLICES = 10;

  /**
   * When it opens, and for how long.
   *
   * @param failures in a row, 1 or more
   * @param rate the part of the calls within the window that may fail, over 0 to 1
   * @param leastCalls how many calls in the window make a rate
   * @param window longer than nothing
   * @param openFor before the first try; longer than nothing
   */
  public record Rule(
      int failures, double rate, int leastCalls, Duration window, Duration openFor) {}

  /** Whether calls get through. */
  public enum State {
    CLOSED,
    OPEN,
    /** One call is being tried, or will be as soon as one comes. */
    HALF_OPEN;

    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How a call got through. */
  public enum Pass {
    NONE,
    ORDINARY,
    /** As the one that decides whether it closes; to be told of without fail. */
    TRIAL
  }

  private final int[] calls = new int[SLICES];
  private final int[] failed = new int[SLICES];
  private long slice;
  private int inARow;
  private boolean open;
  private boolean trying;
  private long tryAt;
  private int times = 1;

  /** Whether a call would get through now. */
  public boolean allows(long now) {
    return !open || (!trying && now - tryAt >= 0);
  }

  /** Lets a call through, or not. */
  public Pass enter(long now) {
    if (!allows(now)) {
      return Pass.NONE;
    }
    trying = open;
    return open ? Pass.TRIAL : Pass.ORDINARY;
  }

  /**
   * A call went well.
   *
   * @param pass what it got from {@link #enter}; of calls that began before it opened, nothing
   *     counts any more
   */
  public void succeeded(Pass pass, long now, Rule rule) {
    if (pass == Pass.TRIAL) {
      close();
    }
    if (!open) {
      inARow = 0;
      calls[at(now, rule)]++;
    }
  }

  /** A call failed, by the target's own doing. */
  public void failed(Pass pass, long now, Rule rule) {
    if (pass == Pass.TRIAL) {
      trying = false;
      times = Math.min(MOST_TIMES, 2 * times);
      tryAt = now + times * rule.openFor().toNanos();
    }
    if (!open) {
      int at = at(now, rule);
      calls[at]++;
      failed[at]++;
      inARow++;
      if (inARow >= rule.failures() || isOverRate(rule)) {
        open = true;
        times = 1;
        tryAt = now + rule.openFor().toNanos();
      }
    }
  }

  /** A call ended in a way that says nothing about the target. */
  public void forgotten(Pass pass) {
    if (pass == Pass.TRIAL) {
      trying = false;
    }
  }

  /** Asked by other means, the target says that it is well: the next call may try. */
  public void seemsWell(long now) {
    if (open) {
      tryAt = now;
    }
  }

  public State state(long now) {
    if (!open) {
      return State.CLOSED;
    }
    return trying || now - tryAt >= 0 ? State.HALF_OPEN : State.OPEN;
  }

  /** How long until a call may try; nothing when one may, or is trying. */
  public Duration untilTrial(long now) {
    return open ? Duration.ofNanos(Math.max(0, tryAt - now)) : Duration.ZERO;
  }

  private void close() {
    open = false;
    trying = false;
    inARow = 0;
    Arrays.fill(calls, 0);
    Arrays.fill(failed, 0);
  }

  private boolean isOverRate(Rule rule) {
    int all = Arrays.stream(calls).sum();
    return all >= rule.leastCalls() && Arrays.stream(failed).sum() >= rule.rate() * all;
  }

  private int at(long now, Rule rule) {
    long current = Math.floorDiv(now, Math.max(1, rule.window().toNanos() / SLICES));
    for (long passed = Math.max(slice + 1, current - SLICES + 1); passed <= current; passed++) {
      calls[Math.floorMod(passed, SLICES)] = 0;
      failed[Math.floorMod(passed, SLICES)] = 0;
    }
    slice = Math.max(slice, current);
    return Math.floorMod(current, SLICES);
  }
}
