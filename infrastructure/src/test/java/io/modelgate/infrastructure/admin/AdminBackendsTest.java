package io.modelgate.infrastructure.admin;

import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aRoute;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Targets.EngineStanding;
import io.modelgate.application.port.Targets.TargetStanding;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.CircuitBreaker;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.Engine;
import io.modelgate.domain.routing.Health;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminBackendsTest {
  private final AdminServer server = AdminServer.start();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void tellsOfEachEngineHowItIs() {
    server.targets.standings =
        List.of(
            new EngineStanding(
                new Engine(BackendKind.VLLM, BaseUrl.of("http://gpu:8000")),
                new Checkup(
                    Health.LOADING, "answered 503 to GET /health", Duration.ofNanos(1_500_000)),
                NOON,
                3,
                2,
                4L,
                List.of(
                    new TargetStanding(
                        Destination.first(aRoute("fast", BackendKind.VLLM)),
                        CircuitBreaker.State.OPEN,
                        Duration.ofSeconds(7),
                        90,
                        5,
                        "timed_out"))));

    assertThat(server.get("/admin/api/backends").json().path("data").path(0).toString())
        .isEqualTo(
            "{\"backend\":\"vllm\",\"base_url\":\"http://gpu:8000\",\"health\":\"loading\","
                + "\"reason\":\"answered 503 to GET /health\",\"checked_at\":\"2026-11-22T12:00:00Z\","
                + "\"latency_ms\":1.5,\"running\":3,\"waiting\":2,\"max_concurrent\":4,"
                + "\"targets\":[{\"model\":\"fast\",\"target\":\"1\",\"upstream_model\":\"fast\","
                + "\"weight\":1,\"priority\":0,\"breaker\":\"open\",\"next_trial_ms\":7000,"
                + "\"attempts\":90,\"failures\":5,\"last_failure\":\"timed_out\"}]}");
  }

  @Test
  void tellsOfTheOneThatIsBuiltIn() {
    server.targets.standings =
        List.of(
            new EngineStanding(
                new Engine(BackendKind.ECHO, null), Checkup.NONE, null, 0, 0, null, List.of()));

    assertThat(server.get("/admin/api/backends").json().path("data").path(0).toString())
        .contains("\"base_url\":null", "\"checked_at\":null", "\"max_concurrent\":null");
  }
}
