package io.modelgate.infrastructure.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitStanding.Allowance;
import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Tells in a reply's head what is left of the caller's limits. A limit that is not there has no
 * headers; one that never resets has no {@code reset}.
 *
 * @see <a href="https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers">OpenAI:
 *     rate limits in headers</a>
 */
final class RateHeaders {
  private static final HeaderName RETRY_AFTER = HeaderNames.create("retry-after");
  private static final HeaderName RETRY_AFTER_MS = HeaderNames.create("retry-after-ms");
  private static final Names REQUESTS = Names.of("requests");
  private static final Names TOKENS = Names.of("tokens");

  private RateHeaders() {}

  /** The three headers of one limit. */
  private record Names(HeaderName limit, HeaderName remaining, HeaderName reset) {
    static Names of(String what) {
      return new Names(
          HeaderNames.create("x-ratelimit-limit-" + what),
          HeaderNames.create("x-ratelimit-remaining-" + what),
          HeaderNames.create("x-ratelimit-reset-" + what));
    }
  }

  /** Sets them; what was said before is replaced. */
  static void put(ServerResponse response, LimitStanding standing) {
    put(response, REQUESTS, standing.requests());
    put(response, TOKENS, standing.tokens());
  }

  private static void put(ServerResponse response, Names names, @Nullable Allowance allowance) {
    if (allowance == null) {
      return;
    }
    response.header(names.limit, Long.toString(allowance.limit()));
    response.header(names.remaining, Long.toString(allowance.remaining()));
    if (allowance.reset() != null) {
      response.header(names.reset, inWords(allowance.reset()));
    }
  }

  /** Says when to come again: in whole seconds, rounded up, and in milliseconds. */
  static void putRetryAfter(ServerResponse response, Duration wait) {
    long millis = millis(wait);
    response.header(RETRY_AFTER, Long.toString(Math.ceilDiv(millis, 1000)));
    response.header(RETRY_AFTER_MS, Long.toString(millis));
  }

  /**
   * As OpenAI writes it: {@code 0s}, {@code 120ms}, {@code 8.64s}, {@code 6m0s}, {@code 1h2m3s}.
   */
  static String inWords(Duration duration) {
    long millis = millis(duration);
    if (millis > 0 && millis < 1000) {
      return millis + "ms";
    }
    var words = new StringBuilder();
    long hours = millis / 3_600_000;
    long minutes = millis / 60_000 % 60;
    if (hours > 0) {
      words.append(hours).append('h');
    }
    if (hours > 0 || minutes > 0) {
      words.append(minutes).append('m');
    }
    return words
        .append(BigDecimal.valueOf(millis % 60_000, 3).stripTrailingZeros().toPlainString())
        .append('s')
        .toString();
  }

  /** Rounded up: who comes at that time must not be too early. */
  private static long millis(Duration duration) {
    return duration.isNegative() ? 0 : duration.plusNanos(999_999).toMillis();
  }
}
