package io.modelgate.infrastructure.server;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The connections whose calls want to know when their client hangs up. Short calls cost an entry in
 * a set; only those that last begin to read ahead. Thread-safe.
 */
final class ClientWatch {
  private static final Duration SHORT = Duration.ofMillis(200);

  private final Set<ClientConnection> watched = ConcurrentHashMap.newKeySet();

  /** Looks round from now on, until the timer is shut down. */
  static ClientWatch on(ScheduledExecutorService timer) {
    var watch = new ClientWatch();
    long period = SHORT.toMillis();
    var _ = timer.scheduleWithFixedDelay(watch::lookRound, period, period, TimeUnit.MILLISECONDS);
    return watch;
  }

  void add(ClientConnection connection) {
    watched.add(connection);
  }

  void remove(ClientConnection connection) {
    watched.remove(connection);
  }

  private void lookRound() {
    watched.forEach(connection -> connection.readAheadIfOlderThan(SHORT.toNanos()));
  }
}
