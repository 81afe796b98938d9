package io.modelgate.infrastructure.http;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.RateBreach;
import io.modelgate.domain.access.Refusal;
import io.modelgate.infrastructure.server.ApiError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Says which limit refused a call, how far it is used, and when to come again. */
final class RefusalTexts {
  private static final String RATE_LIMIT = "rate_limit_exceeded";
  private static final String QUOTA = "insufficient_quota";

  private RefusalTexts() {}

  static ApiError of(Refusal.QuotaExhausted exhausted) {
    QuotaStanding standing = exhausted.standing();
    String reset =
        standing.resetsAt() == null
            ? "It does not reset; ask your administrator."
            : "It resets at " + standing.resetsAt() + ".";
    return new ApiError(
        429,
        "This API key's token quota is used up: %d of %d tokens used%s, and this call's prompt alone takes about %d. %s"
            .formatted(
                standing.used(),
                standing.quota().limit(),
                period(standing.quota().period()),
                exhausted.demanded(),
                reset),
        QUOTA,
        null,
        QUOTA);
  }

  static ApiError of(Refusal.QuotaBusy busy) {
    QuotaStanding standing = busy.standing();
    return new ApiError(
        429,
        "What is left of this API key's token quota is reserved by its calls under way: %d of %d tokens used%s, %d reserved. Please try again in 1s."
            .formatted(
                standing.used(),
                standing.quota().limit(),
                period(standing.quota().period()),
                standing.reserved()),
        "tokens",
        null,
        RATE_LIMIT);
  }

  static ApiError of(Refusal.BackendsBusy busy) {
    return new ApiError(
        429,
        "The model is busy: all places are taken, and no more calls can wait for one. Please try again in %s."
            .formatted(RateHeaders.inWords(busy.retryAfter())),
        "requests",
        null,
        "model_busy");
  }

  static ApiError of(Refusal.BackendsFailing failing) {
    return new ApiError(
        503,
        "The model's backends fail at present and are left alone for a while. Please try again in %s."
            .formatted(RateHeaders.inWords(atLeastASecond(failing.retryAfter()))),
        "server_error",
        null,
        "upstream_unavailable");
  }

  private static Duration atLeastASecond(Duration wait) {
    return wait.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : wait;
  }

  static ApiError of(RateBreach breach) {
    String words =
        switch (breach.rule()) {
          case REQUESTS -> "requests per minute (rpm)";
          case TOKENS -> "tokens per minute (tpm)";
          case CONCURRENCY -> "calls at the same time (max_concurrent)";
        };
    return new ApiError(
        429,
        "Rate limit reached for %s: limit %d, used %d. %s"
            .formatted(words, breach.limit(), breach.used(), whenAgain(breach)),
        breach.rule() == RateBreach.Rule.TOKENS ? "tokens" : "requests",
        null,
        RATE_LIMIT);
  }

  private static String whenAgain(RateBreach breach) {
    Duration retryAfter = breach.retryAfter();
    return retryAfter == null
        ? "This API key allows none; ask your administrator."
        : "Please try again in %s; the limit is whole again in %s."
            .formatted(RateHeaders.inWords(retryAfter), RateHeaders.inWords(breach.reset()));
  }

  private static String period(QuotaPeriod period) {
    return switch (period) {
      case TOTAL -> "";
      case DAY -> " this day";
      case WEEK -> " this week";
      case MONTH -> " this month";
    };
  }

  /** When a refused call may be made again; null when that would not help. */
  static @Nullable Duration retryAfter(Refusal refusal) {
    return switch (refusal) {
      case Refusal.RateLimited(RateBreach breach) -> breach.retryAfter();
      case Refusal.BackendsBusy(Duration after) -> after;
      case Refusal.BackendsFailing(Duration after) -> atLeastASecond(after);
      case Refusal.TooManyWrongKeys(Duration retryAfter) -> retryAfter;
      case Refusal.QuotaBusy _, Refusal.LimitsUnavailable _, Refusal.UsageUnavailable _ ->
          Duration.ofSeconds(1);
      case Refusal.MissingKey _,
          Refusal.MalformedKey _,
          Refusal.UnknownKey _,
          Refusal.DisabledKey _,
          Refusal.ExpiredKey _,
          Refusal.AddressNotAllowed _,
          Refusal.ModelNotAllowed _,
          Refusal.UnknownModel _,
          Refusal.QuotaExhausted _ ->
          null;
    };
  }

  /** The rule's name for the log. */
  static String rule(Refusal refusal) {
    return switch (refusal) {
      case Refusal.MissingKey _, Refusal.MalformedKey _, Refusal.UnknownKey _ -> "key";
      case Refusal.TooManyWrongKeys _ -> "wrong_keys";
      case Refusal.DisabledKey _ -> "key_disabled";
      case Refusal.ExpiredKey _ -> "key_expired";
      case Refusal.AddressNotAllowed _ -> "address";
      case Refusal.ModelNotAllowed _ -> RefusedCall.FORBIDDEN_MODEL;
      case Refusal.UnknownModel _ -> RefusedCall.UNKNOWN_MODEL;
      case Refusal.QuotaExhausted _ -> "quota";
      case Refusal.QuotaBusy _ -> "quota_reserved";
      case Refusal.RateLimited(RateBreach breach) ->
          switch (breach.rule()) {
            case REQUESTS -> "rpm";
            case TOKENS -> "tpm";
            case CONCURRENCY -> "max_concurrent";
          };
      case Refusal.LimitsUnavailable _ -> "limits_unavailable";
      case Refusal.BackendsBusy _ -> "model_busy";
      case Refusal.BackendsFailing _ -> "upstream_unavailable";
      case Refusal.UsageUnavailable _ -> "usage_unavailable";
    };
  }
}
