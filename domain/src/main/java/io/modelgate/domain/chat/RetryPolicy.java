package io.modelgate.domain.chat;

import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.NotAuthorized;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.domain.chat.UpstreamFailure.Reported;
import io.modelgate.domain.chat.UpstreamFailure.Stopped;
import io.modelgate.domain.chat.UpstreamFailure.TimedOut;
import io.modelgate.domain.chat.UpstreamFailure.Unanswered;
import io.modelgate.domain.chat.UpstreamFailure.Unintelligible;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether a call that failed before its reply began is made again. What surely cost nothing is;
 * what may have cost tokens only when that is wanted; what the client got wrong, never. Pure.
 *
 * @param maxAttempts over all targets, 1 or more
 * @param firstBackoff before the same target is asked again for the first time; doubles each time
 * @param maxRetryAfter the longest {@code Retry-After} of a backend that is waited for
 * @param retryAmbiguous whether a call is made again that a backend may have worked on
 */
public record RetryPolicy(
    int maxAttempts, Duration firstBackoff, Duration maxRetryAfter, boolean retryAmbiguous) {
  /** What to do after a failure. */
  public sealed interface Verdict {
    /** The failure is the answer. */
    record GiveUp() implements Verdict {}

    /**
     * Another target is asked at once.
     *
     * @param pause after which the same target can be asked again where there is no other; null for
     *     never
     */
    record Again(@Nullable Duration pause) implements Verdict {}
  }

  private static final Verdict GIVE_UP = new Verdict.GiveUp();

  /**
   * Decides.
   *
   * @param attempts that were made, this one included
   * @param jitter 0 to 1, at random
   */
  public Verdict after(UpstreamFailure failure, int attempts, double jitter) {
    if (attempts >= maxAttempts) {
      return GIVE_UP;
    }
    return switch (failure) {
      case Unreachable _, Reported _ -> new Verdict.Again(backoff(attempts, jitter));
      case Rejected(int status, UpstreamError _, String retryAfter) ->
          afterStatus(status, retryAfter, attempts, jitter);
      case Unanswered _, TimedOut _, CutOff _, Unintelligible _ -> ifAmbiguous(attempts, jitter);
      case NotAuthorized _, Stopped _ -> GIVE_UP;
    };
  }

  private Verdict afterStatus(
      int status, @Nullable String retryAfter, int attempts, double jitter) {
    Duration backoff = backoff(attempts, jitter);
    Duration wanted = seconds(retryAfter);
    boolean tooLong = retryAfter != null && (wanted == null || wanted.compareTo(maxRetryAfter) > 0);
    Duration pause = wanted == null || wanted.compareTo(backoff) < 0 ? backoff : wanted;
    return switch (status) {
      case 503 -> new Verdict.Again(tooLong ? null : pause);
      case 429 -> new Verdict.Again(tooLong || wanted == null ? null : pause);
      default -> status >= 500 ? ifAmbiguous(attempts, jitter) : GIVE_UP;
    };
  }

  private Verdict ifAmbiguous(int attempts, double jitter) {
    return retryAmbiguous ? new Verdict.Again(backoff(attempts, jitter)) : GIVE_UP;
  }

  /** Half of it at random, so that calls that failed together do not come back together. */
  private Duration backoff(int attempts, double jitter) {
    long half = (firstBackoff.toNanos() << Math.min(attempts - 1, 16)) / 2;
    return Duration.ofNanos(half + (long) (half * jitter));
  }

  /** Null for none, and for a date: those are meant for longer. */
  private static @Nullable Duration seconds(@Nullable String retryAfter) {
    return retryAfter == null || !retryAfter.matches("[0-9]{1,6}")
        ? null
        : Duration.ofSeconds(Long.parseLong(retryAfter));
  }
}
