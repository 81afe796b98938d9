package io.modelgate.infrastructure.server;

import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests that are no proper HTTP, before any handler sees them, in the same shape as
 * every other error.
 */
final class ProtocolErrors implements DirectHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ProtocolErrors.class);
  private static final int TIMED_OUT = 408;
  private static final Header RETRY_SOON = HeaderValues.createCached("Retry-After", "1");
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
    var response = TransportResponse.builder().status(Status.create(code)).headers(headers);
    if (code == Status.SERVICE_UNAVAILABLE_503_CODE) {
      response.header(RETRY_SOON);
    }
    return response
        .header(HeaderValues.CONTENT_TYPE_JSON)
        .header(CallFilter.NO_SNIFFING)
        .header(CallFilter.REQUEST_ID, requestId)
        .keepAlive(false)
        .entity(errors.json(describe(code)))
        .build();
  }

  /**
   * The whole answer to a request that did not come in time.
   *
   * @param served the id of the one whose body is being waited for; null when no head has come, and
   *     this alone tells of the request
   */
  byte[] timedOut(@Nullable String served) {
    String requestId = served == null ? CallFilter.newRequestId() : served;
    if (served == null) {
      CallLog.writeRefused(requestId, "", "", TIMED_OUT);
      meters.endedUnread("", TIMED_OUT);
    }
    return whole(describe(TIMED_OUT), "Request Timeout", requestId);
  }

  /**
   * The whole answer to a request whose body is still coming when the gateway stops.
   *
   * @param served its id; null when nobody has given it one
   */
  byte[] stopping(@Nullable String served) {
    var error =
        new ApiError(
            503,
            "The gateway is shutting down and did not take this call. Try again.",
            "server_error",
            null,
            "shutting_down");
    return whole(error, "Service Unavailable", served == null ? CallFilter.newRequestId() : served);
  }

  private byte[] whole(ApiError error, String reason, String requestId) {
    byte[] body = errors.json(error);
    byte[] head =
        """
        HTTP/1.1 %d %s\r
        Connection: close\r
        Content-Type: application/json\r
        Content-Length: %d\r
        X-Content-Type-Options: nosniff\r
        x-request-id: %s\r
        \r
        """
            .formatted(error.status(), reason, body.length, requestId)
            .getBytes(StandardCharsets.US_ASCII);
    byte[] whole = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, whole, head.length, body.length);
    return whole;
  }

  private ApiError describe(int status) {
    if (status == Status.SERVICE_UNAVAILABLE_503_CODE) {
      return new ApiError(
          status,
          "The gateway has too many connections. Please try again in 1s.",
          "server_error",
          null,
          "too_many_connections");
    }
    if (status >= 500 && status != 505) {
      return new ApiError(
          status, "The gateway could not handle the request.", "server_error", null, null);
    }
    return ApiError.invalidRequest(
        status,
        switch (status) {
          case TIMED_OUT -> "The request did not arrive in time.";
          case 413 ->
              "The request body is too large. At most " + maxBodyBytes + " bytes are accepted.";
          case 414 -> "The request line is too long.";
          case 431 -> "The request's headers are too large, or too many.";
          case 505 -> "This version of HTTP is not supported. Use HTTP/1.1.";
          default ->
              "The request is no valid HTTP/1.1, or its path is not in normal form ('//', '.', ';'): check its request line, headers and body framing.";
        });
  }
}
