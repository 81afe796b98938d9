package io.modelgate.infrastructure.store;

import io.modelgate.application.port.StoreUnavailable;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Where a caller waits for the writer. Thread-safe.
 *
 * @param <T> what the caller gets
 */
final class Ticket<T> {
  private final String doing;
  private final CountDownLatch settled = new CountDownLatch(1);
  private final AtomicBoolean claimed = new AtomicBoolean();
  private @Nullable T result;
  private @Nullable RuntimeException failure;

  /**
   * A ticket nobody has looked at yet.
   *
   * @param doing for messages, e.g. "adding an api key"
   */
  Ticket(String doing) {
    this.doing = doing;
  }

  /**
   * Whether the one who asks may decide what becomes of the job: the writer, which does it, or the
   * caller, who withdraws it. The first who asks may.
   */
  boolean claim() {
    return claimed.compareAndSet(false, true);
  }

  void done(T outcome) {
    result = outcome;
    settled.countDown();
  }

  void unavailable(Exception cause) {
    failed(new StoreUnavailable(doing, cause));
  }

  void failed(RuntimeException cause) {
    failure = cause;
    settled.countDown();
  }

  /**
   * Waits for the writer.
   *
   * @throws StoreUnavailable when it failed, did not come to it in time, or this thread was
   *     interrupted; a job that was not begun by then is withdrawn
   */
  T await(Duration patience) {
    try {
      if (!settled.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw given(new TimeoutException("the writer did not answer within " + patience));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw given(e);
    }
    return outcome();
  }

  /**
   * Waits for the writer as {@link #await} does, but an interrupt does not end the wait: it is kept
   * for later. For what is done whether its caller waits or not.
   *
   * @throws StoreUnavailable when it failed or was not done in time
   */
  T awaitDone(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (!settled.await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            throw new StoreUnavailable(
                doing, new TimeoutException("the writer did not answer within " + patience));
          }
          return outcome();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private T outcome() {
    if (failure != null) {
      throw failure;
    }
    return Objects.requireNonNull(result);
  }

  private StoreUnavailable given(Exception cause) {
    String fate = claim() ? doing : doing + " (begun, and may still come to pass)";
    return new StoreUnavailable(fate, cause);
  }
}
