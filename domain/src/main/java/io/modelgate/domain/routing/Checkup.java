package io.modelgate.domain.routing;

import java.time.Duration;

/**
 * What came of asking an engine how it is.
 *
 * @param reason why it is not ready, in a few words for the operator; what it said else
 * @param took how long the answer took
 */
public record Checkup(Health health, String reason, Duration took) {
  /** Of one that was not asked. */
  public static final Checkup NONE = new Checkup(Health.UNKNOWN, "not asked yet", Duration.ZERO);

  /** Of the one that is part of the gateway. */
  public static final Checkup BUILT_IN = new Checkup(Health.READY, "built in", Duration.ZERO);
}
