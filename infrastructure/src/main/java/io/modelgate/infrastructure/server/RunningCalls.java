package io.modelgate.infrastructure.server;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The calls under way, each by its client's connection, so that what they need can stay open until
 * the last has settled, and so that they can be told when the gateway stops. Thread-safe.
 */
final class RunningCalls {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition none = lock.newCondition();
  private final Set<ClientConnection> running = new HashSet<>();
  private volatile boolean last;
  private boolean stopped;

  void begin(ClientConnection client) {
    boolean late;
    lock.lock();
    try {
      running.add(client);
      late = stopped;
    } finally {
      lock.unlock();
    }
    if (late) {
      client.stop();
    }
  }

  void end(ClientConnection client) {
    lock.lock();
    try {
      running.remove(client);
      if (running.isEmpty()) {
        none.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** From now on each call is the last on its connection. */
  void beLast() {
    last = true;
  }

  boolean areLast() {
    return last;
  }

  /**
   * Ends the calls under way, and whichever still come.
   *
   * @return how many there were
   */
  int stop() {
    List<ClientConnection> left;
    lock.lock();
    try {
      stopped = true;
      left = List.copyOf(running);
    } finally {
      lock.unlock();
    }
    left.forEach(ClientConnection::stop);
    return left.size();
  }

  /** Whether all have ended, waiting for it if need be. */
  boolean awaitNone(Duration patience) throws InterruptedException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (!running.isEmpty() && left > 0) {
        left = none.awaitNanos(left);
      }
      return running.isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
