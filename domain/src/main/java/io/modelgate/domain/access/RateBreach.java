package io.modelgate.domain.access;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which of a key's limits a call would have broken, and when it may come again.
 *
 * @param limit what the rule allows: a minute, or at the same time
 * @param used what counts against it now; of {@link Rule#REQUESTS} and {@link Rule#TOKENS} what has
 *     not yet been given back by the passing of time
 * @param retryAfter how long until the same call gets through if no other takes its place; null
 *     when it never will, because the limit is 0
 * @param reset how long until nothing counts against the limit any more, if no other call comes
 */
public record RateBreach(
    Rule rule, long limit, long used, @Nullable Duration retryAfter, Duration reset) {
  /** The limits there are. */
  public enum Rule {
    REQUESTS,
    TOKENS,
    CONCURRENCY
  }
}
