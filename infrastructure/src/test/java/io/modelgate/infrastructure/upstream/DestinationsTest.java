package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.Replies.reply;
import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.Health;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DestinationsTest {
  private final ScriptedBackend backend = ScriptedBackend.start();
  private final Upstreams upstreams =
      Upstreams.open(
          new UpstreamSettings(
              Duration.ofSeconds(5),
              Duration.ofMillis(500),
              1024,
              Map.of(
                  BackendKind.VLLM, adapter("http://usual:1", "http://spare:1", "http://spare:2"),
                  BackendKind.OPENAI, adapter("http://cloud"),
                  BackendKind.LLAMACPP, adapter(null),
                  BackendKind.OLLAMA, adapter(null)),
              Duration.ZERO),
          InstantSource.system());

  @AfterEach
  void stop() throws IOException {
    upstreams.close();
    backend.close();
  }

  @Test
  void haveTheAddressesThatTheSettingsGive() {
    ModelRoute route =
        route(
            new Target(BackendKind.VLLM, null, null, null),
            new Target(BackendKind.API3, null, null, null),
            new Target(BackendKind.VLLM, BaseUrl.of("http://own"), null, null),
            new Target(BackendKind.ECHO, null, null, null));

    List<Destination> found = upstreams.destinations(new ModelName("asked"), route);

    assertThat(found)
        .extracting(to -> to.label() + " " + to.target().baseUrl() + " " + to.spare())
        .containsExactly(
            "1 http://usual:1 0",
            "1.1 http://spare:1 1",
            "1.2 http://spare:2 2",
            "3 http://own 0",
            "4 null 0");
    assertThat(found)
        .allMatch(to -> to.asked().value().equals("asked") && to.route().equals(route));
  }

  @ParameterizedTest
  @CsvSource({
    "VLLM,     /health,      200, READY",
    "LLAMACPP, /health,      503, LOADING",
    "VLLM,     /health,      404, UNKNOWN",
    "VLLM,     /health,      500, DOWN",
    "OLLAMA,   /api/version, 200, READY",
    "OPENAI,   /v1/models,   200, READY",
    "OPENAI,   /v1/models,   401, DOWN",
    "OPENAI,   /v1/models,   429, READY"
  })
  void areAskedHowTheyAreByWhatCostsNothing(
      BackendKind kind, String path, int status, Health health) {
    backend.onRequest(send(reply(status + " Said", "application/json", "{}")));

    Checkup checkup = check(kind, backend.baseUrl());

    assertThat(checkup.health()).isEqualTo(health);
    assertThat(checkup.reason()).isEqualTo("answered " + status + " to GET " + path);
    assertThat(backend.requests().getFirst().head()).startsWith("GET " + path + " HTTP/1.1");
  }

  @Test
  void areDownWhenNobodyAnswers() {
    backend.onRequest(hangUp());

    assertThat(check(BackendKind.VLLM, backend.baseUrl()).health()).isEqualTo(Health.DOWN);
    assertThat(check(BackendKind.VLLM, BaseUrl.of("http://127.0.0.1:1")).reason())
        .contains("127.0.0.1:1");
    assertThat(check(BackendKind.OLLAMA, null).health()).isEqualTo(Health.DOWN);
    assertThat(check(BackendKind.ECHO, null).health()).isEqualTo(Health.READY);
  }

  private Checkup check(BackendKind kind, @Nullable BaseUrl baseUrl) {
    return upstreams.check(
        Destination.first(route(new Target(kind, baseUrl, null, new Credential("k")))));
  }

  private static ModelRoute route(Target... targets) {
    return new ModelRoute(
        new ModelId("mdl_1"),
        new ModelName("tiny"),
        List.of(targets),
        List.of(),
        null,
        null,
        null,
        true,
        NOON,
        NOON);
  }

  private static UpstreamSettings.Adapter adapter(@Nullable String baseUrl, String... spares) {
    return new UpstreamSettings.Adapter(
        baseUrl == null ? null : BaseUrl.of(baseUrl),
        List.of(spares).stream().map(BaseUrl::of).toList(),
        null,
        null,
        StreamUsage.ASK,
        null);
  }
}
