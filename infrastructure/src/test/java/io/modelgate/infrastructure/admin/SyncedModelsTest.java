package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.application.port.ModelCatalog.Listing;
import io.modelgate.application.port.ModelCatalog.OfferedModel;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Health;
import io.modelgate.domain.routing.ModelName;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class SyncedModelsTest {
  private static final String MODELS = "/admin/api/models";

  @AutoClose private final AdminServer server = AdminServer.start();

  private JsonNode post(String path) {
    var reply = server.send("POST", path, BodyPublishers.noBody());
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    return reply.json();
  }

  private void offers(String... models) {
    server.catalog.at(
        BackendKind.VLLM,
        null,
        new Listing.Found(
            List.of(models).stream()
                .map(model -> new OfferedModel(new ModelName(model), null, false))
                .toList(),
            0));
  }

  @Test
  void areShownBeforeTheyAreTakenOver() {
    offers("llama3");

    JsonNode would = post(MODELS + "/sync?dry_run=true");

    assertThat(would.path("dry_run").asBoolean()).isTrue();
    assertThat(would.path("data").path(0))
        .hasToString(
            "{\"backend\":\"vllm\",\"base_url\":\"http://gpu:8000\",\"error\":null,\"unchanged\":0,"
                + "\"added\":[\"llama3\"],\"removed\":[],\"changed\":[]}");
    assertThat(server.routes.all()).isEmpty();
    assertThat(post(MODELS + "/sync").path("data")).isEqualTo(would.path("data"));
    assertThat(server.get(MODELS).json().path("data").path(0).path("source").asText())
        .isEqualTo("sync");
  }

  @Test
  void aBackendThatFailsIsNamed() {
    JsonNode difference = post(MODELS + "/sync").path("data").path(0);

    assertThat(difference.path("error").asText()).isEqualTo("the list of models: unreachable");
  }

  @Test
  void whoGivesOneOtherTargetsTakesItOver() {
    offers("llama3");
    post(MODELS + "/sync");
    String path = MODELS + "/" + server.routes.all().getFirst().id();

    assertThat(server.patch(path, "{\"timeout\":\"5s\"}").json().path("source").asText())
        .isEqualTo("sync");
    assertThat(server.patch(path, "{\"weight\":2}").json().path("source").asText())
        .isEqualTo("manual");
    offers();
    assertThat(post(MODELS + "/sync").path("data").path(0).path("removed")).isEmpty();
    assertThat(server.routes.all()).hasSize(1);
  }

  @Test
  void areTestedWithoutATokenSpent() {
    JsonNode model =
        server
            .post(
                MODELS,
                "{\"name\":\"m\",\"backend\":\"vllm\",\"base_url\":\"http://gpu:8000\",\"upstream_model\":\"x\"}")
            .json();
    server.checkup = new Checkup(Health.READY, "answered 200 to GET /health", Duration.ofMillis(3));
    server.catalog.at(
        BackendKind.VLLM,
        BaseUrl.of("http://gpu:8000"),
        new Listing.Found(List.of(new OfferedModel(new ModelName("x"), null, false)), 0));

    JsonNode finding =
        post(MODELS + "/" + model.path("id").asText() + "/test").path("data").path(0);

    assertThat(finding.path("health").asText()).isEqualTo("ready");
    assertThat(finding.path("latency_ms").asDouble()).isEqualTo(3.0);
    assertThat(finding.path("offered").asBoolean()).isTrue();
    assertThat(finding.path("upstream_model").asText()).isEqualTo("x");
  }

  @Test
  void aDryRunIsTrueOrFalse() {
    var reply = server.send("POST", MODELS + "/sync?dry_run=maybe", BodyPublishers.noBody());

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("dry_run");
  }
}
