package io.modelgate.infrastructure.server;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Lets pages of some origins call {@code /v1} from a browser. Answers their preflights without a
 * key, for a browser sends none; never allows cookies, of which there are none. Immutable.
 *
 * @see <a href="https://fetch.spec.whatwg.org/#http-cors-protocol">Fetch: the CORS protocol</a>
 */
final class Cors implements Filter {
  private static final String PATHS = "/v1/";
  private static final String ANY = "*";
  private static final Pattern HEADER_LIST = Pattern.compile("[A-Za-z0-9_, -]{1,2000}");
  private static final Header VARY = HeaderValues.createCached("Vary", "Origin");
  private static final Header METHODS =
      HeaderValues.createCached("Access-Control-Allow-Methods", "GET, POST");
  private static final Header MAX_AGE = HeaderValues.createCached("Access-Control-Max-Age", "600");
  private static final Header EXPOSED =
      HeaderValues.createCached(
          "Access-Control-Expose-Headers",
          "x-request-id, openai-processing-ms, retry-after, retry-after-ms, x-should-retry,"
              + " x-ratelimit-limit-requests, x-ratelimit-remaining-requests,"
              + " x-ratelimit-reset-requests, x-ratelimit-limit-tokens,"
              + " x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens,"
              + " x-modelgate-overhead-us, x-modelgate-prompt-truncated");

  private final Set<String> origins;

  /**
   * Allows those origins.
   *
   * @param origins as browsers write them, e.g. {@code https://chat.example.org}; {@code *} for all
   */
  Cors(Set<String> origins) {
    this.origins = Set.copyOf(origins);
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    String origin = request.headers().first(HeaderNames.ORIGIN).orElse("");
    if (origin.isEmpty() || !request.prologue().uriPath().path().startsWith(PATHS)) {
      chain.proceed();
      return;
    }
    boolean any = origins.contains(ANY);
    if (!any) {
      response.header(VARY);
    }
    if (!any && !origins.contains(origin)) {
      chain.proceed();
      return;
    }
    response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, any ? ANY : origin);
    if (request.prologue().method().equals(Method.OPTIONS)
        && request.headers().contains(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD)) {
      allow(request, response);
    } else {
      response.header(EXPOSED);
      chain.proceed();
    }
  }

  /** SDKs send headers of their own, with every version others. */
  private static void allow(RoutingRequest request, RoutingResponse response) {
    response.header(METHODS).header(MAX_AGE);
    request
        .headers()
        .first(HeaderNames.ACCESS_CONTROL_REQUEST_HEADERS)
        .filter(HEADER_LIST.asMatchPredicate())
        .ifPresent(names -> response.header(HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, names));
    response.status(Status.NO_CONTENT_204).send();
  }
}
