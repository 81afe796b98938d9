package io.modelgate.infrastructure.client;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Lets another thread end a call, in whatever phase it is: closes what the call is waiting on.
 * Closing a socket wakes who reads from it, writes to it or connects it; interrupting a thread
 * would do so too, but to the client's connection as well. Thread-safe.
 */
public final class Cancellation {
  private @Nullable Closeable inUse;
  private boolean cancelled;
  private boolean finished;

  /** Ends the call; does nothing when it has come to its end already. Does not block. */
  public synchronized void cancel() {
    if (!finished) {
      cancelled = true;
      closeInUse();
    }
  }

  public synchronized boolean isCancelled() {
    return cancelled;
  }

  /** What the call waits on from now on; closed at once when the call was cancelled already. */
  synchronized void use(Closeable resource) {
    inUse = resource;
    if (cancelled) {
      closeInUse();
    }
  }

  /** The call is over and what it used may be another's soon; no cancelling from now on. */
  synchronized void finish() {
    finished = true;
    inUse = null;
  }

  private void closeInUse() {
    try {
      if (inUse != null) {
        inUse.close();
      }
    } catch (IOException _) {
      // What fails to close is closed.
    }
  }
}
