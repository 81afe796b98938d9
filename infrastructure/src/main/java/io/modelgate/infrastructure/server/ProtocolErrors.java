package io.modelgate.infrastructure.server;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests that are no proper HTTP, before any handler sees them, in the same shape as
 * every other error.
 */
final class ProtocolErrors implements DirectHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ProtocolErrors.class);
  private final ApiErrors errors;
  private final long maxBodyBytes;
  private final CallMeters meters;

  /**
   * Errors that say what is allowed.
   *
   * @param maxBodyBytes of a request
   */
  ProtocolErrors(ApiErrors errors, long maxBodyBytes, CallMeters meters) {
    this.meters = meters;
    this.maxBodyBytes = maxBodyBytes;
    this.errors = errors;
  }

  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType type,
      Status status,
      ServerResponseHeaders headers,
      @Nullable String message) {
    // Nothing of ours ran yet: what failed "internally" is Helidon's reading of the request line.
    boolean unread = status.code() == 500 && request.path().isEmpty();
    // A transfer coding nobody speaks is the client's mistake as well; SDKs would retry a 501.
    int code = unread || status.code() == 501 ? 400 : status.code();
    String requestId = CallFilter.requestId(request.headers());
    CallLog.writeRefused(requestId, request.method(), request.path(), code);
    meters.endedUnread(request.method(), code);
    LOG.debug("request {} refused with {}: {}", requestId, code, message);
    return TransportResponse.builder()
        .status(Status.create(code))
        .headers(headers)
        .header(HeaderValues.CONTENT_TYPE_JSON)
        .header(CallFilter.REQUEST_ID, requestId)
        .keepAlive(false)
        .entity(errors.json(describe(code)))
        .build();
  }

  private ApiError describe(int status) {
    if (status >= 500 && status != 505) {
      return new ApiError(
          status, "The gateway could not handle the request.", "server_error", null, null);
    }
    return ApiError.invalidRequest(
        status,
        switch (status) {
          case 413 ->
              "The request body is too large. At most " + maxBodyBytes + " bytes are accepted.";
          case 414 -> "The request line is too long.";
          case 431 -> "The request's headers are too large.";
          case 505 -> "This version of HTTP is not supported. Use HTTP/1.1.";
          default ->
              "The request is no valid HTTP/1.1: check its request line, headers and body framing.";
        });
  }
}
