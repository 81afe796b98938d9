package io.modelgate.infrastructure.store;

import java.time.Duration;

/**
 * How long is waited.
 *
 * @param change by who changes a key or a model, and by who closes or reads
 * @param charge by a call for its charge
 * @param retry between tries to keep what could not be kept
 */
record Patience(Duration change, Duration charge, Duration retry) {
  static final Patience DEFAULT =
      new Patience(Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofMillis(500));
}
