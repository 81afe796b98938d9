package io.modelgate.infrastructure.lookout;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at everything that waits, many times a second, so that a wait may be without a timeout of
 * its own. A virtual thread that parks with a timeout gives the scheduler a timer, and wakes the
 * thread that keeps the timers: two waits a call cost more than all else that the call costs here
 * (docs/performance.md). One thread, which ends a while after there is nothing to look at.
 * Thread-safe.
 */
public final class Lookout {
  private static final Logger LOG = LoggerFactory.getLogger(Lookout.class);

  /** So late may a wait be ended. */
  private static final Duration PACE = Duration.ofMillis(20);

  private static final int ROUNDS_FOR_NOTHING = 100;

  private final String name;
  private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean looking = new AtomicBoolean();

  /** One that looks at nothing yet. */
  public Lookout(String name) {
    this.name = name;
  }

  /** What may wait. Told apart by identity. */
  @FunctionalInterface
  public interface Waiting {
    /**
     * Ends the wait, if there is one and its time is up. Must not block.
     *
     * @param now as {@link System#nanoTime()}
     */
    void lookAt(long now);
  }

  /** To be looked at from now on. */
  public void add(Waiting one) {
    waiting.add(one);
    beginToLook();
  }

  /** Not to be looked at any more; a look may be under way. */
  public void remove(Waiting one) {
    waiting.remove(one);
  }

  private void beginToLook() {
    if (!looking.get() && looking.compareAndSet(false, true)) {
      Thread.ofVirtual().name(name).start(this::look);
    }
  }

  /** Whatever ends it, for example a want of memory: another begins while somebody waits. */
  private void look() {
    try {
      int idle = 0;
      while (idle < ROUNDS_FOR_NOTHING) {
        pause();
        idle = waiting.isEmpty() ? idle + 1 : 0;
        lookRound();
      }
    } finally {
      looking.set(false);
      if (!waiting.isEmpty()) {
        beginToLook();
      }
    }
  }

  private void lookRound() {
    long now = System.nanoTime();
    for (Waiting one : waiting) {
      try {
        one.lookAt(now);
      } catch (RuntimeException e) {
        LOG.error("ending a wait failed", e);
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PACE);
    } catch (InterruptedException _) {
      // Nobody has a reason to interrupt it, and it looks again at once.
    }
  }
}
