package io.modelgate.infrastructure.server;

import org.jspecify.annotations.Nullable;

/**
 * An error as a client sees it: {@code {"error":{"message","type","param","code","status"}}}, all
 * five always present.
 *
 * @param status the HTTP status, 400 to 599
 * @param type OpenAI's kind of error, e.g. {@code invalid_request_error}
 * @param param the field at fault
 * @param code OpenAI's string for programs, e.g. {@code model_not_found}
 * @see <a href="https://platform.openai.com/docs/guides/error-codes">OpenAI: error codes</a>
 */
public record ApiError(
    int status, String message, String type, @Nullable String param, @Nullable String code) {
  /** A mistake of the client's. */
  public static ApiError invalidRequest(int status, String message) {
    return new ApiError(status, message, "invalid_request_error", null, null);
  }

  public ApiError withParam(@Nullable String newParam) {
    return new ApiError(status, message, type, newParam, code);
  }

  public ApiError withCode(@Nullable String newCode) {
    return new ApiError(status, message, type, param, newCode);
  }
}
