package io.modelgate.infrastructure.admin;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.server.ApiError;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.CallLog;
import io.modelgate.infrastructure.server.WrongKeys;
import io.modelgate.infrastructure.server.WrongKeys.Door;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before every endpoint of the admin API: lets only the admin key in, before a body is read,
 * and turns what an endpoint could not do into the error reply. Thread-safe.
 */
final class AdminGate {
  private static final Logger LOG = LoggerFactory.getLogger(AdminGate.class);
  private static final String BEARER = "Bearer ";
  private static final ApiError NOT_ADMIN =
      ApiError.invalidRequest(
              401, "the admin API needs the admin key: Authorization: Bearer <admin key>")
          .withCode("invalid_api_key");

  /** The key may be one that a person chose: while somebody guesses, the right one waits, too. */
  private static final ApiError TOO_MANY =
      new ApiError(
          429,
          "too many wrong keys came from your address; try again later",
          "requests",
          null,
          "rate_limit_exceeded");

  private static final ApiError NO_STORE =
      new ApiError(
          503,
          "the gateway's store is not available; nothing was changed, try again later",
          "server_error",
          null,
          null);

  private final SecretHash adminKey;
  private final ApiErrors errors;

  AdminGate(SecretHash adminKey, ApiErrors errors) {
    this.adminKey = adminKey;
    this.errors = errors;
  }

  /** An endpoint that takes no body; a short one that comes all the same is thrown away. */
  Handler open(Handler endpoint) {
    return (request, response) ->
        answer(
            request,
            response,
            () -> {
              if (!ApiErrors.bodyMayBeLeft(request)) {
                throw new Rejected(ApiError.invalidRequest(413, "this request takes no body"));
              }
              endpoint.handle(request, response);
            });
  }

  /** An endpoint that takes a JSON object. */
  Handler withBody(BodyHandler endpoint) {
    return (request, response) ->
        answer(
            request,
            response,
            () -> endpoint.handle(RequestContent.json(request), request, response));
  }

  /**
   * The answer to every other method on a path that exists.
   *
   * @param methods what is allowed, e.g. {@code GET, POST}
   */
  Handler allowing(String methods) {
    return open(
        (request, response) -> {
          response.header(HeaderNames.ALLOW, methods);
          throw new Rejected(
              ApiError.invalidRequest(
                  405,
                  request.prologue().method().text()
                      + " is not allowed here; allowed are "
                      + methods));
        });
  }

  /** The answer to every other path. */
  Handler nowhere() {
    return open(
        (_, _) -> {
          throw new Rejected(
              ApiError.invalidRequest(
                  404,
                  "there is no such path; the admin API has /admin/api/keys, /admin/api/models"
                      + " and /admin/api/settings"));
        });
  }

  private void answer(ServerRequest request, ServerResponse response, Endpoint endpoint)
      throws Exception {
    WrongKeys wrongKeys = WrongKeys.of(request);
    InetAddress client = CallLog.of(request).clientAddress();
    Duration wait = wrongKeys.wait(Door.ADMIN, client);
    if (wait.isPositive()) {
      CallLog.of(request).refused("wrong_keys");
      response.header(
          HeaderNames.RETRY_AFTER, Long.toString(wait.plusNanos(999_999_999).toSeconds()));
      errors.refuse(request, response, TOO_MANY);
      return;
    }
    if (!isAdmin(request)) {
      if (request.headers().contains(HeaderNames.AUTHORIZATION)) {
        var _ = wrongKeys.count(Door.ADMIN, client);
      }
      CallLog.of(request).refused("admin_key");
      response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
      errors.refuse(request, response, NOT_ADMIN);
      return;
    }
    try {
      endpoint.answer();
    } catch (Rejected rejected) {
      errors.refuse(request, response, rejected.error());
    } catch (StoreUnavailable outage) {
      LOG.atError().setCause(outage).log("an admin request could not be served");
      errors.refuse(request, response, NO_STORE);
    }
  }

  private boolean isAdmin(ServerRequest request) {
    List<String> presented = request.headers().all(HeaderNames.AUTHORIZATION, List::of);
    if (presented.size() != 1) {
      return false;
    }
    String header = presented.getFirst();
    return header.regionMatches(true, 0, BEARER, 0, BEARER.length())
        && SecretHash.of(header.substring(BEARER.length()).strip()).equals(adminKey);
  }

  /** An endpoint with the JSON object that came. */
  interface BodyHandler {
    void handle(JsonFields body, ServerRequest request, ServerResponse response) throws Exception;
  }

  private interface Endpoint {
    void answer() throws Exception;
  }
}
