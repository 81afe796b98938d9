package io.modelgate.infrastructure.http;

import io.helidon.http.Method;
import io.helidon.http.PathMatchers;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.Replies;
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
        (request, response) -> send(request, response, Status.OK_200, "ok"));
    rules.route(reading, PathMatchers.create("/health/ready"), this::sendReadiness);
    rules.any(
        "/health", (request, response) -> errors.refuseMethod(request, response, "GET, HEAD"));
    rules.any(
        "/health/ready",
        (request, response) -> errors.refuseMethod(request, response, "GET, HEAD"));
  }

  private void sendReadiness(ServerRequest request, ServerResponse response) {
    if (ready.getAsBoolean()) {
      send(request, response, Status.OK_200, "ready");
    } else {
      send(request, response, Status.SERVICE_UNAVAILABLE_503, "not ready");
    }
  }

  private static void send(
      ServerRequest request, ServerResponse response, Status status, String word) {
    response.status(status);
    Replies.json(
        request, response, ("{\"status\":\"" + word + "\"}").getBytes(StandardCharsets.US_ASCII));
  }
}
