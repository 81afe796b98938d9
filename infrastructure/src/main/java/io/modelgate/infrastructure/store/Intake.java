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

  /** How many jobs that were taken are not done; they take up room. */
  private int held;

  private boolean woken;
  private volatile int length;
  private volatile boolean closed;

  Intake(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Puts a change in, waiting for room if need be.
   *
   * @return whether it is in; if not, its ticket says why
   */
  boolean offer(Job.Change<?> job, Duration patience) {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (isFull() && !closed && left > 0) {
        left = room.awaitNanos(left);
      }
      if (closed) {
        job.ticket().unavailable(new IllegalStateException("the store is closed"));
        return false;
      }
      if (isFull()) {
        job.ticket().unavailable(new TimeoutException("no room for it within " + patience));
        return false;
      }
      add(job);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      job.ticket().unavailable(e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Puts a charge in, waiting for room if need be, and without room in the end: a charge is never
   * dropped. An interrupt does not end the wait and stays set.
   *
   * @param end of the wait, by {@link System#nanoTime}
   * @return whether it is in; if not, nobody will serve it
   */
  boolean put(Charge charge, long end) {
    boolean interrupted = false;
    lock.lock();
    try {
      while (isFull() && !closed && end - System.nanoTime() > 0) {
        try {
          long _ = room.awaitNanos(end - System.nanoTime());
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
      if (closed) {
        return false;
      }
      add(charge);
      return true;
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private boolean isFull() {
    return waiting.size() + held >= capacity;
  }

  private void add(Job job) {
    waiting.add(job);
    length = waiting.size();
    if (length == 1) {
      work.signal();
    }
  }

  /**
   * All jobs there are, waiting for the first.
   *
   * @param stillHeld how many of those taken before are not done
   * @param nanos how long to wait at most
   * @return none when there were none for so long, somebody woke it, or it is closed and empty
   */
  List<Job> take(int stillHeld, long nanos) {
    lock.lock();
    try {
      held = stillHeld;
      if (!isFull()) {
        room.signalAll();
      }
      awaitWork(nanos);
      woken = false;
      List<Job> taken = waiting;
      waiting = new ArrayList<>(taken.size());
      held += taken.size();
      length = 0;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void awaitWork(long nanos) {
    try {
      long left = nanos;
      while (waiting.isEmpty() && !closed && !woken && left > 0) {
        left = work.awaitNanos(left);
      }
    } catch (InterruptedException _) {
      // Nobody has a reason to interrupt the writer, and it looks again by itself.
    }
  }

  /** Lets {@link #take} return, be it with nothing. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      work.signal();
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
    return closed;
  }

  /** How many jobs are in. */
  int length() {
    return length;
  }
}
