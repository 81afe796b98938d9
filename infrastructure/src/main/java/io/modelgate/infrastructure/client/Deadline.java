package io.modelgate.infrastructure.client;

import io.modelgate.domain.chat.UpstreamFailure.Phase;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * Until when a phase of a call may last, however many reads it takes.
 *
 * @param allowed how long the phase may last altogether
 * @param endsAt on the scale of {@link System#nanoTime()}
 */
public record Deadline(Phase phase, Duration allowed, long endsAt) {
  private static final Duration FAR_OFF = Duration.ofDays(365);

  /** Starts now. */
  public static Deadline in(Phase phase, Duration allowed) {
    return of(phase, allowed, allowed);
  }

  /** One of which only so much is left. */
  public static Deadline of(Phase phase, Duration allowed, Duration left) {
    Duration bounded = left.compareTo(FAR_OFF) < 0 ? left : FAR_OFF;
    return new Deadline(phase, allowed, System.nanoTime() + bounded.toNanos());
  }

  /** The same end, for the phase that follows. */
  public Deadline turnedTo(Phase next) {
    return new Deadline(next, allowed, endsAt);
  }

  /**
   * What is left, at least a millisecond.
   *
   * @throws SocketTimeoutException when nothing is left
   */
  int remainingMillis() throws SocketTimeoutException {
    long left = endsAt - System.nanoTime();
    if (left <= 0) {
      throw new SocketTimeoutException("no time left");
    }
    return (int) Math.min(left / 1_000_000 + 1, Integer.MAX_VALUE);
  }
}
