package io.modelgate.infrastructure.store;

import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.store.Job.Change;
import io.modelgate.infrastructure.store.Job.Charge;
import io.modelgate.infrastructure.store.Job.Decision;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. It takes whatever has gathered while it wrote, sums the charges and
 * commits them together, and does each change on its own; so batches are as large as the load makes
 * them, and nobody waits for a window to pass. A platform thread, because SQLite's native code
 * would hold a virtual thread's carrier.
 */
final class StoreWriter {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);
  private static final int CAPACITY = 10_000;

  private final SqliteDatabase database;
  private final Duration patience;
  private final Intake intake = new Intake(CAPACITY);
  private final Thread thread;

  /**
   * Tokens charged and not yet kept, by key, in the order of the index. What a failed commit leaves
   * here goes with the next one. Only the writer's thread touches it.
   */
  private final Map<KeyId, Long> owed =
      new TreeMap<>((one, other) -> one.value().compareTo(other.value()));

  /**
   * A writer that is not running yet.
   *
   * @param database handed over for good; closed by {@link #close()}
   * @param patience how long callers wait
   */
  StoreWriter(SqliteDatabase database, Duration patience) {
    this.database = database;
    this.patience = patience;
    this.thread = Thread.ofPlatform().name("store-writer").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  boolean isRunning() {
    return thread.isAlive() && !intake.isClosed();
  }

  /**
   * Adds to what a key has used and returns when that is durable. A charge whose caller stops
   * waiting is still made.
   *
   * @throws StoreUnavailable when it could not be kept
   */
  void charge(KeyId key, long tokens) {
    var ticket = new Ticket<Boolean>("charging a key");
    intake.offer(new Charge(key, tokens, ticket), patience);
    ticket.awaitDone(patience);
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
    intake.offer(new Change<>(decide, ticket), patience);
    return ticket.await(patience);
  }

  /**
   * Lets nothing more in, writes what is in, and closes the database.
   *
   * @return whether all that was done in time
   */
  boolean close() {
    intake.close();
    try {
      return thread.join(patience);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run() {
    try {
      for (List<Job> batch = intake.take(); !batch.isEmpty(); batch = intake.take()) {
        write(batch);
      }
      settle(List.of());
    } finally {
      // An error may have ended the loop: callers then learn at once that nobody serves them.
      intake.close();
      finish();
    }
  }

  private void finish() {
    if (!owed.isEmpty()) {
      LOG.error("tokens used could not be kept: {}", owed);
    }
    try {
      database.close();
    } catch (SQLException e) {
      LOG.warn("the store did not close cleanly; the next start recovers it", e);
    }
  }

  private void write(List<Job> batch) {
    var charges = new ArrayList<Ticket<Boolean>>();
    for (Job job : batch) {
      switch (job) {
        case Charge(KeyId key, long tokens, Ticket<Boolean> ticket) -> {
          owed.merge(key, tokens, Long::sum);
          charges.add(ticket);
        }
        case Change<?> change -> make(change);
      }
    }
    settle(charges);
  }

  /** RuntimeException, here and below: whatever the driver throws, the writer lives on. */
  private void settle(List<Ticket<Boolean>> charges) {
    if (owed.isEmpty()) {
      return;
    }
    try {
      TokenUseTable.add(database.connection(), owed);
    } catch (SQLException | RuntimeException e) {
      database.discard();
      charges.forEach(ticket -> ticket.unavailable(e));
      return;
    }
    owed.clear();
    charges.forEach(ticket -> ticket.done(true));
  }

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
      database.durably(write.statement());
    } catch (SQLException | RuntimeException e) {
      database.discard();
      ticket.unavailable(e);
      return;
    }
    write.publish().run();
    ticket.done(write.result());
  }
}
