package io.modelgate.infrastructure.store;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether charges are overdue: a commit failed, or takes too long. Says so in the log once when it
 * begins and once when it ends. Thread-safe.
 */
final class Arrears {
  private static final Logger LOG = LoggerFactory.getLogger(Arrears.class);

  private final BooleanSupplier refusesCalls;
  private volatile @Nullable Since since;

  /**
   * None.
   *
   * @param refusesCalls whether calls are refused while there are arrears, for the log
   */
  Arrears(BooleanSupplier refusesCalls) {
    this.refusesCalls = refusesCalls;
  }

  boolean any() {
    return since != null;
  }

  /** Until when who comes now should wait, when he would wait until {@code end} otherwise. */
  long endOfWait(long end, long patience) {
    Since begun = since;
    return begun == null || end - (begun.nanos + patience) < 0 ? end : begun.nanos + patience;
  }

  /** A commit failed. */
  synchronized void failed(Exception cause) {
    begin(cause.toString());
  }

  /** A caller waited too long; that means nothing when its charge was kept just now. */
  synchronized void late(Charge charge) {
    if (!charge.isKept()) {
      begin("the database takes too long");
    }
  }

  private void begin(String cause) {
    if (since == null) {
      since = new Since(System.nanoTime());
      LOG.warn(
          "usage records cannot be kept, and wait in memory ({}); until they are, new calls are {}",
          cause,
          refusesCalls.getAsBoolean() ? "refused" : "served all the same");
    }
  }

  /** There is nothing left that was not kept. */
  void none() {
    if (since != null) {
      end();
    }
  }

  private synchronized void end() {
    if (since != null) {
      since = null;
      LOG.info("all usage records are kept again");
    }
  }

  private record Since(long nanos) {}
}
