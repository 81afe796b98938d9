package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What the writer is asked to do. */
sealed interface Job permits Charge, Job.Change {
  /**
   * Changes a key or a route.
   *
   * @param decide looks at what is there and says what to do; what it throws goes to the caller
   * @param ticket where its caller waits
   */
  record Change<T>(Supplier<Decision<T>> decide, Ticket<T> ticket) implements Job {}

  /** What a change comes to. */
  sealed interface Decision<T> {
    /** There is nothing to do. */
    record Leave<T>(T result) implements Decision<T> {}

    /**
     * Something to write.
     *
     * @param change all of it in one transaction
     * @param publish makes the change visible to readers; run when it is durable
     */
    record Write<T>(T result, Consumer<DbExecute> change, Runnable publish)
        implements Decision<T> {}
  }
}
