package io.modelgate.infrastructure.store;

import io.modelgate.application.port.RefusedCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Calls that were turned away and are not in the log yet: so many, and the rest is left out, for a
 * flood of them must cost nobody anything. Thread-safe; one thread takes.
 */
final class WaitingRefusals {
  private static final int MOST = 2_000;

  /** They are written together, and nobody waits for it. */
  private static final long PAUSE = Duration.ofMillis(100).toNanos();

  private final ArrayBlockingQueue<RefusedCall> waiting = new ArrayBlockingQueue<>(MOST);
  private final LongAdder leftOut = new LongAdder();
  private volatile long next = System.nanoTime();

  /**
   * Never blocks.
   *
   * @return whether it is the first that waits
   */
  boolean add(RefusedCall call) {
    if (!waiting.offer(call)) {
      leftOut.increment();
      return false;
    }
    return waiting.size() == 1;
  }

  /** In nanoseconds; very long when there are none. */
  long untilDue() {
    return waiting.isEmpty() ? Long.MAX_VALUE : next - System.nanoTime();
  }

  /** All there are. */
  List<RefusedCall> take() {
    next = System.nanoTime() + PAUSE;
    var taken = new ArrayList<RefusedCall>();
    waiting.drainTo(taken);
    return taken;
  }

  /** These could not be written. */
  void leaveOut(List<RefusedCall> calls) {
    leftOut.add(calls.size());
  }

  /** How many are not in the log, since the start. */
  long leftOut() {
    return leftOut.sum();
  }
}
