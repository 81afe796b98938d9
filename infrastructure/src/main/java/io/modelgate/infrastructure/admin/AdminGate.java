package io.modelgate.infrastructure.admin;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.AdmitCaller.Admission;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.admin.Sessions.Session;
import io.modelgate.infrastructure.server.ApiError;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.CallLog;
import io.modelgate.infrastructure.server.WrongKeys;
import io.modelgate.infrastructure.server.WrongKeys.Door;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before every endpoint of the admin API: tells who it is, by a bearer key or by a session's
 * cookie, lets in whom the endpoint is for, before a body is read, and turns what an endpoint could
 * not do into the error reply. Thread-safe.
 */
final class AdminGate {
  private static final Logger LOG = LoggerFactory.getLogger(AdminGate.class);
  private static final String BEARER = "Bearer ";
  private static final HeaderName CSRF_TOKEN = HeaderNames.create("X-CSRF-Token");
  private static final Set<Method> READING = Set.of(Method.GET, Method.HEAD);

  private static final ApiError NOBODY =
      ApiError.invalidRequest(
              401,
              "the admin API needs the admin key, or for what is an API key's own that key:"
                  + " Authorization: Bearer <key>, or a session that has not ended")
          .withCode("invalid_api_key");

  private static final ApiError NOT_ADMIN =
      new ApiError(403, "this is for the admin key alone", "permission_error", null, "admin_only");

  private static final ApiError NO_CSRF_TOKEN =
      new ApiError(
          403,
          "a change by a session's cookie needs the header X-CSRF-Token, as GET /admin/api/session"
              + " tells it",
          "permission_error",
          null,
          "csrf_token");

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

  private final AdminKey adminKey;
  private final AdmitCaller admitCaller;
  private final Sessions sessions;
  private final ApiErrors errors;

  AdminGate(AdminKey adminKey, AdmitCaller admitCaller, Sessions sessions, ApiErrors errors) {
    this.adminKey = adminKey;
    this.admitCaller = admitCaller;
    this.sessions = sessions;
    this.errors = errors;
  }

  /** Whom an endpoint is for. */
  private enum For {
    /** Whoever asks: {@link Login#of} has nobody to name. */
    ANYONE,
    /** All that are logged in. */
    HOLDERS,
    ADMIN
  }

  /** An endpoint for the admin that takes no body; a short one that comes is thrown away. */
  Handler open(Handler endpoint) {
    return (request, response) -> answer(For.ADMIN, request, response, withoutBody(endpoint));
  }

  /** An endpoint for the admin that takes a JSON object. */
  Handler withBody(BodyHandler endpoint) {
    return (request, response) -> answer(For.ADMIN, request, response, reading(endpoint));
  }

  /** As {@link #open}, for holders of API keys, too. */
  Handler openToHolders(Handler endpoint) {
    return (request, response) -> answer(For.HOLDERS, request, response, withoutBody(endpoint));
  }

  /** As {@link #withBody}, for holders of API keys, too. */
  Handler withBodyForHolders(BodyHandler endpoint) {
    return (request, response) -> answer(For.HOLDERS, request, response, reading(endpoint));
  }

  /** An endpoint for holders of API keys, too, that reads its body itself. */
  Handler passing(Handler endpoint) {
    return (request, response) -> answer(For.HOLDERS, request, response, endpoint);
  }

  /** As {@link #open}, for whoever asks. */
  Handler openToAnyone(Handler endpoint) {
    return (request, response) -> answer(For.ANYONE, request, response, withoutBody(endpoint));
  }

  /** As {@link #withBody}, for whoever asks. */
  Handler withBodyForAnyone(BodyHandler endpoint) {
    return (request, response) -> answer(For.ANYONE, request, response, reading(endpoint));
  }

  /**
   * The answer to every other method on a path that exists.
   *
   * @param methods what is allowed, e.g. {@code GET, POST}
   */
  Handler allowing(String methods) {
    return openToHolders(
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
    return openToHolders(
        (_, _) -> {
          throw new Rejected(
              ApiError.invalidRequest(
                  404,
                  "there is no such path; /admin/api/openapi.yaml describes those that there are"));
        });
  }

  /**
   * Whose secret that is, told of it at a login.
   *
   * @throws Rejected when it is nobody's, or there were too many wrong ones
   */
  Login identify(SecretHash presented, ServerRequest request, ServerResponse response) {
    InetAddress client = CallLog.of(request).clientAddress();
    WrongKeys wrongKeys = WrongKeys.of(request);
    Duration wait = wrongKeys.wait(Door.ADMIN, client);
    if (wait.isPositive()) {
      CallLog.of(request).refused("wrong_keys");
      response.header(
          HeaderNames.RETRY_AFTER, Long.toString(wait.plusNanos(999_999_999).toSeconds()));
      throw new Rejected(TOO_MANY);
    }
    Optional<Login> login = loginOf(presented, client);
    if (login.isEmpty()) {
      var _ = wrongKeys.count(Door.ADMIN, client);
      throw nobody(request, response);
    }
    return login.get();
  }

  private void answer(For whom, ServerRequest request, ServerResponse response, Handler endpoint)
      throws Exception {
    try {
      if (whom != For.ANYONE) {
        Login login = login(request, response);
        if (whom == For.ADMIN && !(login instanceof Login.Admin)) {
          CallLog.of(request).refused("admin_key");
          throw new Rejected(NOT_ADMIN);
        }
        request.context().register(login);
      }
      endpoint.handle(request, response);
    } catch (Rejected rejected) {
      errors.refuse(request, response, rejected.error());
    } catch (StoreUnavailable outage) {
      LOG.atError().setCause(outage).log("an admin request could not be served");
      errors.refuse(request, response, NO_STORE);
    }
  }

  private static Handler withoutBody(Handler endpoint) {
    return (request, response) -> {
      if (!ApiErrors.bodyMayBeLeft(request)) {
        throw new Rejected(ApiError.invalidRequest(413, "this request takes no body"));
      }
      endpoint.handle(request, response);
    };
  }

  private static Handler reading(BodyHandler endpoint) {
    return (request, response) -> endpoint.handle(RequestContent.json(request), request, response);
  }

  /** A bearer key counts more than a cookie, which a browser sends unasked. */
  private Login login(ServerRequest request, ServerResponse response) {
    List<String> presented = request.headers().all(HeaderNames.AUTHORIZATION, List::of);
    if (presented.isEmpty()) {
      return SessionCookie.of(request)
          .flatMap(cookie -> bySession(cookie, request))
          .orElseThrow(() -> nobody(request, response));
    }
    String header = presented.getFirst();
    boolean bearer =
        presented.size() == 1 && header.regionMatches(true, 0, BEARER, 0, BEARER.length());
    String secret = bearer ? header.substring(BEARER.length()).strip() : "";
    return identify(SecretHash.of(secret), request, response);
  }

  private Optional<Login> bySession(String cookie, ServerRequest request) {
    Optional<Session> session = sessions.find(cookie);
    if (session.isEmpty()) {
      return Optional.empty();
    }
    Optional<Login> login = openedBy(session.get(), cookie, request);
    if (login.isPresent() && !READING.contains(request.prologue().method())) {
      String token = request.headers().first(CSRF_TOKEN).orElse("");
      if (!SecretHash.of(token).equals(SecretHash.of(session.get().csrfToken()))) {
        CallLog.of(request).refused("csrf_token");
        throw new Rejected(NO_CSRF_TOKEN);
      }
    }
    return login;
  }

  /** A session ends for good as soon as its secret opens nothing, be it only for a while. */
  private Optional<Login> openedBy(Session session, String cookie, ServerRequest request) {
    try {
      Optional<Login> login = loginOf(session.secret(), CallLog.of(request).clientAddress());
      if (login.isEmpty()) {
        sessions.end(cookie);
      }
      return login;
    } catch (Rejected rejected) {
      sessions.end(cookie);
      throw rejected;
    }
  }

  private Optional<Login> loginOf(SecretHash secret, @Nullable InetAddress client) {
    if (adminKey.opensWith(secret)) {
      return Optional.of(new Login.Admin());
    }
    return switch (admitCaller.handle(secret, client)) {
      case Admission.Granted(ApiKey key) ->
          Optional.of(new Login.Holder(key, key.secret().isFormer(secret)));
      case Admission.Denied(Refusal.DisabledKey _) ->
          throw new Rejected(noLogin(401, "this API key is disabled", "invalid_api_key"));
      case Admission.Denied(Refusal.ExpiredKey _) ->
          throw new Rejected(noLogin(401, "this API key has expired", "invalid_api_key"));
      case Admission.Denied(Refusal.AddressNotAllowed _) ->
          throw new Rejected(
              noLogin(
                  403, "this API key may not be used from your address", "address_not_allowed"));
      case Admission.Denied _ -> Optional.empty();
    };
  }

  private static ApiError noLogin(int status, String why, String code) {
    return ApiError.invalidRequest(status, why + "; ask your administrator").withCode(code);
  }

  private static Rejected nobody(ServerRequest request, ServerResponse response) {
    CallLog.of(request).refused("admin_key");
    response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
    return new Rejected(NOBODY);
  }

  /** An endpoint with the JSON object that came. */
  interface BodyHandler {
    void handle(JsonFields body, ServerRequest request, ServerResponse response) throws Exception;
  }
}
