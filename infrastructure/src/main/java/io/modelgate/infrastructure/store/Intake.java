package io.modelgate.infrastructure.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The queue in front of the writer: bounded, emptied at one go, and closed such that no job is left
 * in it. Thread-safe.
 */
final class Intake {
  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private List<Job> waiting = new ArrayList<>();
  private boolean closed;

  Intake(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Puts a job in, waiting for room if need be.
   *
   * @return whether it is in; if not, its ticket says why
   */
  boolean offer(Job job, Duration patience) {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (waiting.size() >= capacity && !closed && left > 0) {
        left = room.awaitNanos(left);
      }
      if (closed) {
        job.ticket().unavailable(new IllegalStateException("the store is closed"));
        return false;
      }
      if (waiting.size() >= capacity) {
        job.ticket().unavailable(new TimeoutException("no room for it within " + patience));
        return false;
      }
      waiting.add(job);
      work.signal();
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      job.ticket().unavailable(e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** All jobs there are, waiting for the first; none when closed and empty. */
  List<Job> take() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closed) {
        work.awaitUninterruptibly();
      }
      List<Job> taken = waiting;
      waiting = new ArrayList<>();
      room.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Lets nothing more in. What is in can still be taken. */
  void close() {
    lock.lock();
    try {
      closed = true;
      work.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }
}
