package io.modelgate.infrastructure.http;

import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.PathMatchers;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.ApiErrors;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/**
 * {@code GET /health}: the process is alive. {@code GET /health/ready}: it can serve calls. Open to
 * everybody; tells nothing else.
 */
final class HealthService implements HttpService {
  private final BooleanSupplier ready;
  private final ApiErrors errors;

  HealthService(BooleanSupplier ready, ApiErrors errors) {
    this.ready = ready;
    this.errors = errors;
  }

  @Override
  public void routing(HttpRules rules) {
    var reading = Method.predicate(Method.GET, Method.HEAD);
    rules.route(
        reading,
        PathMatchers.create("/health"),
        (_, response) -> send(response, Status.OK_200, "ok"));
    rules.route(
        reading, PathMatchers.create("/health/ready"), (_, response) -> sendReadiness(response));
    rules.any(
        "/health", (request, response) -> errors.refuseMethod(request, response, "GET, HEAD"));
    rules.any(
        "/health/ready",
        (request, response) -> errors.refuseMethod(request, response, "GET, HEAD"));
  }

  private void sendReadiness(ServerResponse response) {
    if (ready.getAsBoolean()) {
      send(response, Status.OK_200, "ready");
    } else {
      send(response, Status.SERVICE_UNAVAILABLE_503, "not ready");
    }
  }

  private static void send(ServerResponse response, Status status, String word) {
    response.status(status);
    response.header(HeaderValues.CONTENT_TYPE_JSON);
    response.send(("{\"status\":\"" + word + "\"}").getBytes(StandardCharsets.US_ASCII));
  }
}
