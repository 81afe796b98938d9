package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.modelgate.domain.access.KeyId;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What the writer is asked to do, with the ticket its caller waits on. */
sealed interface Job {
  Ticket<?> ticket();

  /** Adds to what a key has used. */
  record Charge(KeyId key, long tokens, Ticket<Boolean> ticket) implements Job {}

  /**
   * Changes a key or a route.
   *
   * @param decide looks at what is there and says what to do; what it throws goes to the caller
   */
  record Change<T>(Supplier<Decision<T>> decide, Ticket<T> ticket) implements Job {}

  /** What a change comes to. */
  sealed interface Decision<T> {
    /** There is nothing to do. */
    record Leave<T>(T result) implements Decision<T> {}

    /**
     * One statement.
     *
     * @param publish makes the change visible to readers; run when it is durable
     */
    record Write<T>(T result, Consumer<DbExecute> statement, Runnable publish)
        implements Decision<T> {}
  }
}
