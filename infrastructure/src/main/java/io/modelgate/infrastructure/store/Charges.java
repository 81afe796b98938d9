package io.modelgate.infrastructure.store;

import io.modelgate.application.port.RefusedCall;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;

/**
 * The charges that the writer has taken and not kept yet, each of which comes to the disk exactly
 * once: they are numbered, the last number is written with them, and after a failure it is read
 * before anything is written again. For the writer's thread, but for {@link #waiting}.
 */
final class Charges {
  private static final Logger LOG = LoggerFactory.getLogger(Charges.class);

  /** What one transaction takes at most: a long queue gets through a small gap in pieces. */
  private static final int MOST_AT_ONCE = 2_000;

  /** The low byte is the error, the rest its variety. */
  private static final int PRIMARY_CODE = 0xff;

  /** What SQLite says of a row that it would refuse the next time too. */
  private static final Set<Integer> ROWS_OWN_FAULT =
      Set.of(
          SQLiteErrorCode.SQLITE_CONSTRAINT.code,
          SQLiteErrorCode.SQLITE_MISMATCH.code,
          SQLiteErrorCode.SQLITE_TOOBIG.code,
          SQLiteErrorCode.SQLITE_RANGE.code);

  private final SqliteDatabase database;
  private final UsageTables tables;
  private final Arrears arrears;
  private final long retryNanos;
  private final ArrayDeque<Charge> pending = new ArrayDeque<>();
  private long lastNumber;

  /** Whether nobody knows what the last commit came to. */
  private boolean inDoubt;

  private long nextTry = System.nanoTime();
  private volatile int waiting;

  /**
   * None yet.
   *
   * @param lastNumber of all charges that are kept
   */
  Charges(SqliteDatabase database, long lastNumber, Arrears arrears, Duration retry) {
    this.database = database;
    this.tables = new UsageTables(database);
    this.lastNumber = lastNumber;
    this.arrears = arrears;
    this.retryNanos = retry.toNanos();
  }

  void add(Charge charge) {
    lastNumber++;
    charge.number(lastNumber);
    pending.add(charge);
    waiting = pending.size();
  }

  /** The largest number that was given so far. */
  long lastNumber() {
    return lastNumber;
  }

  /**
   * Keeps calls that were turned away, after all charges.
   *
   * @return whether they are kept, as far as one can tell; not while charges wait
   */
  boolean keepRefused(List<RefusedCall> calls) {
    if (!pending.isEmpty()) {
      return false;
    }
    try {
      resolveDoubt();
      long first = lastNumber + 1;
      lastNumber += calls.size();
      tables.keepRefused(calls, first);
      return true;
    } catch (SQLException | RuntimeException e) {
      doubt();
      LOG.debug("refused calls could not be kept", e);
      return false;
    }
  }

  /** How many there are. For any thread. */
  int waiting() {
    return waiting;
  }

  /** In nanoseconds; very long when there is nothing to try. */
  long untilNextTry() {
    return pending.isEmpty() ? Long.MAX_VALUE : nextTry - System.nanoTime();
  }

  /** Keeps all there are, unless that failed a moment ago. */
  void keep() {
    if (!pending.isEmpty() && nextTry - System.nanoTime() <= 0) {
      keepNow();
    }
  }

  /** Keeps all there are, or as many as it can; RuntimeException as in {@link StoreWriter}. */
  void keepNow() {
    try {
      resolveDoubt();
      while (!pending.isEmpty()) {
        keepSome(pending.stream().limit(MOST_AT_ONCE).toList());
      }
    } catch (SQLException | RuntimeException e) {
      doubt();
      nextTry = System.nanoTime() + retryNanos;
      arrears.failed(e);
    } finally {
      waiting = pending.size();
    }
  }

  private void keepSome(List<Charge> some) throws SQLException {
    try {
      tables.keep(some);
    } catch (SQLException | RuntimeException e) {
      if (!isRowsOwnFault(e)) {
        throw e;
      }
      doubt();
      keepOneByOne(some.getLast().sequence());
      return;
    }
    done(some.getLast().sequence());
  }

  /** One of them is refused; the others are not to suffer for it. */
  private void keepOneByOne(long last) throws SQLException {
    resolveDoubt();
    for (Charge next = pending.peek();
        next != null && next.sequence() <= last;
        next = pending.peek()) {
      try {
        tables.keep(List.of(next));
        done(next.sequence());
      } catch (SQLException | RuntimeException e) {
        if (!isRowsOwnFault(e)) {
          throw e;
        }
        doubt();
        resolveDoubt();
        setAside(next, e);
      }
    }
  }

  private void setAside(Charge refused, Exception cause) throws SQLException {
    LOG.error(
        "a usage record is refused by the database and set aside: {}", refused.record(), cause);
    try {
      tables.keepSums(refused);
    } catch (SQLException | RuntimeException e) {
      if (!isRowsOwnFault(e)) {
        throw e;
      }
      doubt();
      LOG.error("what it used is refused too", e);
    }
    pending.remove();
    refused.giveUp();
  }

  private static boolean isRowsOwnFault(Exception failure) {
    return !(failure instanceof SQLException refusal)
        || ROWS_OWN_FAULT.contains(refusal.getErrorCode() & PRIMARY_CODE);
  }

  /** Starts afresh: SQLite undoes some failed transactions and not others. */
  private void doubt() {
    database.discard();
    inDoubt = true;
  }

  private void resolveDoubt() throws SQLException {
    if (inDoubt) {
      done(tables.lastKept());
      inDoubt = false;
    }
  }

  /** Lets those go that are kept. */
  private void done(long last) {
    for (Charge next = pending.peek();
        next != null && next.sequence() <= last;
        next = pending.peek()) {
      pending.remove();
      next.keep();
    }
  }

  /** It is over; what was not kept is told to the log, which is all there is left of it. */
  void giveUp() {
    for (Charge lost : pending) {
      LOG.error("a usage record could not be kept: {}", lost.record());
      lost.giveUp();
    }
  }
}
