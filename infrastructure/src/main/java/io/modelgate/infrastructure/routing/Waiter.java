package io.modelgate.infrastructure.routing;

import java.util.concurrent.locks.LockSupport;

/** A call that waits, on its own thread, for its turn or for time to pass. Thread-safe. */
final class Waiter {
  private final Thread thread = Thread.currentThread();
  private volatile boolean called;
  private volatile boolean gone;

  /** It is its turn. */
  void call() {
    called = true;
    LockSupport.unpark(thread);
  }

  /** Its client hung up. */
  void leave() {
    gone = true;
    LockSupport.unpark(thread);
  }

  boolean isCalled() {
    return called;
  }

  boolean isGone() {
    return gone;
  }

  /**
   * Waits until it is called, has left, or was interrupted, which stays set.
   *
   * @param end by {@link System#nanoTime}
   */
  void await(long end) {
    long left = end - System.nanoTime();
    while (!called && !gone && left > 0 && !thread.isInterrupted()) {
      LockSupport.parkNanos(this, left);
      left = end - System.nanoTime();
    }
  }
}
