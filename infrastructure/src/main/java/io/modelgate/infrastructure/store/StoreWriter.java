package io.modelgate.infrastructure.store;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.infrastructure.store.Job.Change;
import io.modelgate.infrastructure.store.Job.Decision;
import io.modelgate.infrastructure.store.StoreSettings.OnStoreFailure;
import io.modelgate.infrastructure.store.StoreSettings.UsagePolicy;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. It takes whatever has gathered while it wrote, does each change on
 * its own and commits the charges together; so batches are as large as the load makes them, and
 * nobody waits for a window to pass. A platform thread, because SQLite's native code would hold a
 * virtual thread's carrier.
 */
final class StoreWriter {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);
  private static final int CAPACITY = 10_000;

  /** More charges than that do not wait in memory, whatever the policy: some 50 MB. */
  private static final int MOST_OWED = 100_000;

  private static final int LAST_TRIES = 3;

  private final SqliteDatabase database;
  private final Patience patience;
  private final Supplier<UsagePolicy> policy;
  private final Intake intake = new Intake(CAPACITY);
  private final Arrears arrears;
  private final Charges charges;
  private final WaitingRefusals refusals = new WaitingRefusals();
  private final Housekeeping housekeeping;
  private final Thread thread;

  /**
   * A writer that is not running yet.
   *
   * @param database handed over for good; closed by {@link #close()}
   * @param lastCharge the largest number of a charge that is in it
   */
  StoreWriter(
      SqliteDatabase database,
      long lastCharge,
      Patience patience,
      Supplier<UsagePolicy> policy,
      InstantSource clock) {
    this.database = database;
    this.patience = patience;
    this.policy = policy;
    this.arrears = new Arrears(this::refusesOverdue);
    this.charges = new Charges(database, lastCharge, arrears, patience.retry());
    var summing = new Summing(database);
    this.housekeeping =
        new Housekeeping(
            database,
            summing,
            new Retention(database, summing, () -> policy.get().retention(), clock),
            charges::lastNumber);
    this.thread = Thread.ofPlatform().name("store-writer").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  boolean isRunning() {
    return thread.isAlive() && !intake.isClosed();
  }

  /** Whether a call may begin, for its charge will be kept as far as one can see. */
  boolean takesCharges() {
    return isRunning() && (isKeepingUp() || !refusesOverdue()) && owed() < MOST_OWED;
  }

  private boolean refusesOverdue() {
    return policy.get().onStoreFailure() == OnStoreFailure.REFUSE;
  }

  /** Whether no charge is overdue. */
  boolean isKeepingUp() {
    return !arrears.any();
  }

  /** How many jobs the thread has not taken yet. */
  int queued() {
    return intake.length();
  }

  /** How many charges there are that are not kept yet. */
  long owed() {
    return intake.length() + (long) charges.waiting();
  }

  /**
   * Keeps a charge, and waits for it. Whether its caller waits or not, it is kept as soon as that
   * can be.
   *
   * @return whether it was kept in time
   */
  boolean settle(Charge charge) {
    long nanos = patience.charge().toNanos();
    long end = arrears.endOfWait(System.nanoTime() + nanos, nanos);
    if (!intake.put(charge, end)) {
      LOG.error("the store is closed; a usage record is lost: {}", charge.record());
      return false;
    }
    boolean kept = charge.awaitKept(end);
    if (!kept && !charge.isGivenUp()) {
      arrears.late(charge);
    }
    return kept;
  }

  /** Keeps a refused call some time, if there is room for it. Never blocks. */
  void note(RefusedCall call) {
    if (refusals.add(call)) {
      intake.wake();
    }
  }

  /** How many refused calls were left out of the log. */
  long refusalsLeftOut() {
    return refusals.leftOut();
  }

  /**
   * Makes a change, with no other in between.
   *
   * @param doing for messages, e.g. "adding an api key"
   * @param decide run on the writer's thread; what it throws comes out here
   * @throws StoreUnavailable when it could not be kept
   */
  <T> T change(String doing, Supplier<Decision<T>> decide) {
    var ticket = new Ticket<T>(doing);
    boolean _ = intake.offer(new Change<>(decide, ticket), patience.change());
    return ticket.await(patience.change());
  }

  /**
   * Lets nothing more in, writes what is in, and closes the database.
   *
   * @return whether all that was done in time
   */
  boolean close() {
    intake.close();
    try {
      return thread.join(patience.change());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run() {
    try {
      List<Job> batch = intake.take(0, 0);
      while (!batch.isEmpty() || !intake.isClosed()) {
        write(batch);
        housekeeping.attend(batch.isEmpty());
        batch = intake.take(charges.waiting(), untilNextDuty());
      }
    } finally {
      // An error may have ended the loop: callers then learn at once that nobody serves them.
      intake.close();
      finish();
    }
  }

  private long untilNextDuty() {
    if (hasCaughtUp()) {
      return 0;
    }
    return Math.min(
        charges.untilNextTry(), Math.min(refusals.untilDue(), housekeeping.untilNext()));
  }

  /** Whether there were arrears and are none here; those in the queue are still to be looked at. */
  private boolean hasCaughtUp() {
    return arrears.any() && charges.waiting() == 0;
  }

  /** Arrears are over when all has been kept that had gathered until they were made up for. */
  private void write(List<Job> batch) {
    boolean caughtUp = hasCaughtUp();
    for (Job job : batch) {
      switch (job) {
        case Charge charge -> charges.add(charge);
        case Change<?> change -> make(change);
      }
    }
    charges.keep();
    if (caughtUp && charges.waiting() == 0) {
      arrears.none();
    }
    if (charges.waiting() == 0 && refusals.untilDue() <= 0) {
      keepRefused();
    }
  }

  private void keepRefused() {
    List<RefusedCall> refused = refusals.take();
    if (!refused.isEmpty() && !charges.keepRefused(refused)) {
      refusals.leaveOut(refused);
    }
  }

  private void finish() {
    write(intake.take(0, 0));
    for (int time = 0; time < LAST_TRIES && charges.waiting() > 0; time++) {
      charges.keepNow();
      if (charges.waiting() > 0) {
        pause(patience.retry());
      }
    }
    charges.giveUp();
    keepRefused();
    try {
      database.close();
    } catch (SQLException e) {
      LOG.warn("the store did not close cleanly; the next start recovers it", e);
    }
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** RuntimeException, here and below: whatever the driver throws, the writer lives on. */
  private <T> void make(Change<T> change) {
    Ticket<T> ticket = change.ticket();
    if (!ticket.claim()) {
      return;
    }
    Decision<T> decision;
    try {
      decision = change.decide().get();
    } catch (RuntimeException e) {
      ticket.failed(e);
      return;
    } catch (Error e) {
      ticket.failed(new IllegalStateException("a change went wrong", e));
      return;
    }
    switch (decision) {
      case Decision.Leave<T>(T result) -> ticket.done(result);
      case Decision.Write<T> write -> make(write, ticket);
    }
  }

  private <T> void make(Decision.Write<T> write, Ticket<T> ticket) {
    try {
      database.durably(write.change());
    } catch (SQLException | RuntimeException e) {
      database.discard();
      ticket.unavailable(e);
      return;
    }
    write.publish().run();
    ticket.done(write.result());
  }
}
