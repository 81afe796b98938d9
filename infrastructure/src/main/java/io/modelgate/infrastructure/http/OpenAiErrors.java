package io.modelgate.infrastructure.http;

import io.modelgate.domain.access.RateBreach;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.infrastructure.server.ApiError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What clients are told when a call is refused or a backend fails: the one place where reasons
 * become statuses and codes.
 */
final class OpenAiErrors {
  private OpenAiErrors() {}

  static ApiError of(Refusal refusal) {
    return switch (refusal) {
      case Refusal.MissingKey _ ->
          invalidKey("You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.");
      case Refusal.MalformedKey _ ->
          invalidKey(
              "The Authorization header is malformed. Send your API key as 'Authorization: Bearer YOUR_KEY'.");
      case Refusal.UnknownKey _ -> invalidKey("Incorrect API key provided.");
      case Refusal.TooManyWrongKeys(Duration retryAfter) ->
          new ApiError(
              429,
              "Too many wrong API keys came from your address. Please try again in "
                  + RateHeaders.inWords(retryAfter)
                  + ".",
              "requests",
              null,
              "rate_limit_exceeded");
      case Refusal.DisabledKey _ -> invalidKey("This API key is disabled. Ask your administrator.");
      case Refusal.ExpiredKey _ ->
          invalidKey("This API key has expired. Ask your administrator for a new one.");
      case Refusal.AddressNotAllowed _ ->
          forbidden(
              "This API key may not be used from your address. Ask your administrator.",
              "address_not_allowed");
      case Refusal.ModelNotAllowed(String model) ->
          forbidden(
                  "This API key may not use the model '"
                      + shown(model)
                      + "'. GET /v1/models lists those that it may.",
                  "model_not_allowed")
              .withParam("model");
      case Refusal.UnknownModel(String model) ->
          ApiError.invalidRequest(
                  404,
                  "The model '"
                      + shown(model)
                      + "' does not exist. GET /v1/models lists those that do.")
              .withParam("model")
              .withCode("model_not_found");
      case Refusal.QuotaExhausted exhausted -> RefusalTexts.of(exhausted);
      case Refusal.QuotaBusy busy -> RefusalTexts.of(busy);
      case Refusal.RateLimited(RateBreach breach) -> RefusalTexts.of(breach);
      case Refusal.LimitsUnavailable _ ->
          new ApiError(
              503,
              "The gateway cannot tell at present how much this API key may call. Try again soon.",
              "server_error",
              null,
              "limits_unavailable");
      case Refusal.BackendsBusy busy -> RefusalTexts.of(busy);
      case Refusal.BackendsFailing failing -> RefusalTexts.of(failing);
      case Refusal.UsageUnavailable _ ->
          new ApiError(
              503,
              "The gateway cannot record usage at present, and serves no calls without. Try again soon.",
              "server_error",
              null,
              "usage_unavailable");
    };
  }

  static ApiError of(UpstreamFailure failure) {
    return switch (failure) {
      case UpstreamFailure.Unreachable _ ->
          upstream(502, "The model's backend cannot be reached.", "upstream_unavailable");
      case UpstreamFailure.Unanswered _ ->
          upstream(502, "The model's backend hung up before it replied.", "upstream_unavailable");
      case UpstreamFailure.TimedOut(UpstreamFailure.Phase phase, Duration allowed) ->
          timedOut(phase, allowed);
      case UpstreamFailure.Rejected(int status, UpstreamError error, String _) ->
          rejected(status, error);
      case UpstreamFailure.NotAuthorized _ ->
          upstream(
              502,
              "The model's backend did not accept the gateway's own credential. Your API key is fine; ask your administrator.",
              "upstream_auth_failed");
      case UpstreamFailure.Unintelligible _ ->
          upstream(
              502, "The model's backend sent a reply that is not valid.", "upstream_invalid_reply");
      case UpstreamFailure.CutOff _ ->
          upstream(
              502,
              "The model's backend ended its reply before it was complete.",
              "upstream_cut_off");
      case UpstreamFailure.Reported(UpstreamError error) ->
          new ApiError(
              502,
              error.message(),
              orElse(error.type(), "server_error"),
              error.param(),
              orElse(error.code(), "upstream_error"));
      case UpstreamFailure.Stopped _ ->
          upstream(
              503, "The gateway is shutting down and ended this call. Try again.", "shutting_down");
    };
  }

  private static ApiError timedOut(UpstreamFailure.Phase phase, Duration allowed) {
    String waited =
        switch (phase) {
          case CONNECT -> "did not accept a connection";
          case HEAD -> "did not begin its reply";
          case SILENCE -> "fell silent in the middle of its reply";
          case WHOLE -> "did not finish its reply";
        };
    return upstream(
        504,
        "The model's backend " + waited + " within " + seconds(allowed) + ".",
        "upstream_timeout");
  }

  /**
   * A client's mistake stays one; whatever else a backend says is the backend's failure, not the
   * gateway's.
   */
  private static ApiError rejected(int status, UpstreamError error) {
    if (status >= 400 && status < 500) {
      String type = status == 429 ? "rate_limit_error" : "invalid_request_error";
      String code = error.code() == null && status == 429 ? "rate_limit_exceeded" : error.code();
      return new ApiError(status, error.message(), orElse(error.type(), type), error.param(), code);
    }
    int shown = status == 503 ? 503 : 502;
    return new ApiError(
        shown,
        error.message(),
        orElse(error.type(), "server_error"),
        error.param(),
        orElse(error.code(), "upstream_error"));
  }

  private static ApiError invalidKey(String message) {
    return ApiError.invalidRequest(401, message).withCode("invalid_api_key");
  }

  private static ApiError forbidden(String message, String code) {
    return new ApiError(403, message, "permission_error", null, code);
  }

  private static ApiError upstream(int status, String message, String code) {
    return new ApiError(status, message, "server_error", null, code);
  }

  private static String orElse(@Nullable String value, String other) {
    return value == null || value.isBlank() ? other : value;
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }

  private static String shown(String model) {
    return model.length() <= 200 ? model : model.substring(0, 200) + "…";
  }
}
