package io.modelgate.infrastructure.redis;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that does again and again what no call should wait for, and in between looks after
 * leases that it is told of.
 */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisLimits.class);
  private static final long PERIOD_NANOS = Duration.ofMillis(500).toNanos();

  private final LinkedBlockingQueue<KeyLease> scarce = new LinkedBlockingQueue<>();
  private final Step step;
  private final Consumer<KeyLease> giveBack;
  private final Thread thread = Thread.ofPlatform().daemon().name("limits").unstarted(this::run);

  /** What is done in each round. */
  interface Step {
    void run() throws InterruptedException;
  }

  Upkeep(Step step, Consumer<KeyLease> giveBack) {
    this.step = step;
    this.giveBack = giveBack;
  }

  void start() {
    thread.start();
  }

  /** Looks after it as soon as possible; does not wait. */
  void soon(KeyLease lease) {
    scarce.add(lease);
  }

  private void run() {
    try {
      long next = System.nanoTime() + PERIOD_NANOS;
      while (!Thread.currentThread().isInterrupted()) {
        KeyLease lease = scarce.poll(next - System.nanoTime(), TimeUnit.NANOSECONDS);
        boolean due = System.nanoTime() - next >= 0;
        next = due ? System.nanoTime() + PERIOD_NANOS : next;
        lookAfter(lease, due);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** A bug may spoil one round, not the rest: limits would be off and nobody would know. */
  private void lookAfter(@Nullable KeyLease lease, boolean due) throws InterruptedException {
    try {
      if (lease != null) {
        giveBack.accept(lease);
      }
      if (due) {
        step.run();
      }
    } catch (RuntimeException e) {
      LOG.error("a round of looking after limits failed", e);
    }
  }

  /** Ends the thread and waits for it. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(2));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
