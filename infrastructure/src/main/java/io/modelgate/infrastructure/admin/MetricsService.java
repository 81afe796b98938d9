package io.modelgate.infrastructure.admin;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.PathMatchers;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.Metrics;

/**
 * {@code GET /metrics}: what is counted and measured, as Prometheus fetches it.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Prometheus:
 *     exposition formats</a>
 */
final class MetricsService implements HttpService {
  private static final String PATH = "/metrics";
  private static final String ALLOWED = "GET, HEAD";
  private static final Header NO_STORE = HeaderValues.createCached("Cache-Control", "no-store");

  private final Handler show;
  private final Handler otherMethods;

  private MetricsService(Handler show, Handler otherMethods) {
    this.show = show;
    this.otherMethods = otherMethods;
  }

  /** For who holds the admin key. */
  static MetricsService behind(AdminGate gate, Metrics metrics) {
    return new MetricsService(
        gate.open((request, response) -> send(metrics, request, response)), gate.allowing(ALLOWED));
  }

  /** For everyone who reaches the listener. */
  static MetricsService open(ApiErrors errors, Metrics metrics) {
    return new MetricsService(
        (request, response) -> send(metrics, request, response),
        (request, response) -> errors.refuseMethod(request, response, ALLOWED));
  }

  @Override
  public void routing(HttpRules rules) {
    rules.route(Method.predicate(Method.GET, Method.HEAD), PathMatchers.create(PATH), show);
    rules.any(PATH, otherMethods);
  }

  private static void send(Metrics metrics, ServerRequest request, ServerResponse response) {
    Metrics.Exposition all = metrics.scrape(request.headers().first(HeaderNames.ACCEPT).orElse(""));
    response.header(NO_STORE);
    response.header(HeaderNames.CONTENT_TYPE, all.contentType());
    if (request.prologue().method().equals(Method.HEAD)) {
      response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(all.text().length));
      response.send();
    } else {
      response.send(all.text());
    }
  }
}
