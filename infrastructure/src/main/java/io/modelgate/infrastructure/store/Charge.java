package io.modelgate.infrastructure.store;

import io.modelgate.application.port.UsageRecord;
import io.modelgate.infrastructure.lookout.Lookout;
import java.util.concurrent.locks.LockSupport;

/**
 * What one call came to, and where its caller waits until that is kept. Lighter than a {@link
 * Ticket}, for there is one for each call. Thread-safe, with one caller.
 */
final class Charge implements Job, Lookout.Waiting {
  private static final Lookout LOOKOUT = new Lookout("store-lookout");

  private final UsageRecord record;
  private final PeriodStarts starts;
  private final Thread caller = Thread.currentThread();

  /** By the writer, the writer's thread only: larger than that of any charge before. */
  private long sequence;

  private volatile long end;
  private volatile boolean kept;
  private volatile boolean givenUp;

  /**
   * To be made and awaited by the same thread.
   *
   * @param starts of the periods it belongs to
   */
  Charge(UsageRecord record, PeriodStarts starts) {
    this.record = record;
    this.starts = starts;
  }

  UsageRecord record() {
    return record;
  }

  PeriodStarts starts() {
    return starts;
  }

  long sequence() {
    return sequence;
  }

  void number(long number) {
    sequence = number;
  }

  boolean isKept() {
    return kept;
  }

  boolean isGivenUp() {
    return givenUp;
  }

  /** It is on the disk. */
  void keep() {
    kept = true;
    LockSupport.unpark(caller);
  }

  /** It will not come to the disk any more. */
  void giveUp() {
    givenUp = true;
    LockSupport.unpark(caller);
  }

  /**
   * Waits until it is kept. An interrupt does not end the wait: it is kept for later.
   *
   * @param end by {@link System#nanoTime}
   * @return whether it is kept
   */
  boolean awaitKept(long end) {
    this.end = end;
    boolean interrupted = false;
    LOOKOUT.add(this);
    try {
      while (!kept && !givenUp && end - System.nanoTime() > 0) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
    } finally {
      LOOKOUT.remove(this);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return kept;
  }

  @Override
  public void lookAt(long now) {
    if (now - end >= 0) {
      LockSupport.unpark(caller);
    }
  }
}
