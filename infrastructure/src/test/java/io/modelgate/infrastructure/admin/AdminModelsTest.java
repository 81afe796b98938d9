package io.modelgate.infrastructure.admin;

import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.Samples;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminModelsTest {
  private static final String TWO_TARGETS =
      "\"targets\":[{\"backend\":\"vllm\",\"base_url\":\"http://gpu1:8000/v1\",\"api_key\":\"k\","
          + "\"weight\":3},{\"backend\":\"openai\",\"upstream_model\":\"gpt-5\",\"priority\":1}],"
          + "\"fallback_models\":[\"spare\"]";

  private static final String MODELS = "/admin/api/models";
  private static final String SECRET = "sk-upstream-secret";
  private static final String EVERYTHING =
      """
      {"name":"org/llama-3:8b","backend":"vllm","base_url":"http://10.0.0.5:8000/v1/",
       "upstream_model":"meta llama","api_key":"sk-upstream-secret","timeout":"2m",
       "stream_usage":"never","enabled":true}
      """;

  @AutoClose private final AdminServer server = AdminServer.start();

  @Test
  void addsAModelAndNeverShowsItsCredential() {
    var reply = server.post(MODELS, EVERYTHING);

    assertThat(reply.status()).isEqualTo(201);
    JsonNode model = reply.json();
    assertThat(model.fieldNames())
        .toIterable()
        .containsExactly(
            "id",
            "name",
            "backend",
            "base_url",
            "upstream_model",
            "has_api_key",
            "targets",
            "fallback_models",
            "timeout",
            "stream_usage",
            "max_output_tokens",
            "source",
            "status",
            "enabled",
            "created_at",
            "updated_at");
    assertThat(model.path("id").asText()).matches("mdl_[0-9a-f]{24}");
    assertThat(model.path("name").asText()).isEqualTo("org/llama-3:8b");
    assertThat(model.path("base_url").asText()).isEqualTo("http://10.0.0.5:8000");
    assertThat(model.path("upstream_model").asText()).isEqualTo("meta llama");
    assertThat(model.path("has_api_key").asBoolean()).isTrue();
    assertThat(model.path("timeout").asText()).isEqualTo("120s");
    assertThat(model.path("stream_usage").asText()).isEqualTo("never");
    assertThat(model.path("status").asText()).isEqualTo("active");
    assertThat(reply.header("location")).isEqualTo(MODELS + "/" + model.path("id").asText());
    assertThat(server.get(reply.header("location")).json()).isEqualTo(model);
    assertThat(server.get(MODELS).json().path("data")).containsExactly(model);
    assertThat(reply.text() + server.get(MODELS).text()).doesNotContain(SECRET);
    assertThat(server.routes.all())
        .singleElement()
        .satisfies(
            route -> {
              assertThat(route.targets().getFirst().credential()).isNotNull();
              assertThat(route.targets().getFirst().credential().secret()).isEqualTo(SECRET);
            });
  }

  @Test
  void leavesToTheAdapterWhatIsNotSaid() {
    JsonNode model = server.post(MODELS, "{\"name\":\"m\",\"backend\":\"vllm\"}").json();

    for (String field : new String[] {"base_url", "upstream_model", "timeout", "stream_usage"}) {
      assertThat(model.get(field).isNull()).as(field).isTrue();
    }
    assertThat(model.path("has_api_key").asBoolean(true)).isFalse();
    assertThat(model.path("status").asText()).isEqualTo("active");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"300s\"   | 300s",
        "\"500ms\"  | 500ms",
        "\"1500ms\" | 1500ms",
        "\"5m\"     | 300s",
        "\"24h\"    | 86400s",
        "\"1ms\"    | 1ms",
        "30         | 30s",
        "0.5        | 500ms",
        "1e1        | 10s",
        "86400      | 86400s"
      })
  void readsTimeoutsAsPeopleWriteThem(String written, String shown) {
    var reply = server.post(MODELS, aModelWith("timeout", written));

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.json().path("timeout").asText()).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name           | null",
        "name           | 5",
        "name           | \"\"",
        "name           | \"with space\"",
        "name           | \"100%\"",
        "backend        | null",
        "backend        | \"VLLM\"",
        "backend        | \"tgi\"",
        "backend        | 1",
        "base_url       | \"\"",
        "base_url       | \"localhost:8000\"",
        "base_url       | \"ftp://host\"",
        "base_url       | \"http://user:hunter2@host\"",
        "base_url       | \"http://host?token=hunter2\"",
        "base_url       | \"http://host:99999\"",
        "base_url       | 8000",
        "base_url       | \"http://169.254.169.254/latest/meta-data\"",
        "base_url       | \"http://[fe80::1]:8000\"",
        "base_url       | \"http://2852039166\"",
        "base_url       | \"http://0xA9FEA9FE\"",
        "upstream_model | \"\"",
        "upstream_model | \"a\\u0000b\"",
        "upstream_model | false",
        "api_key        | \"\"",
        "api_key        | \"hunter2 with space\"",
        "api_key        | \"hunter2\\n\"",
        "api_key        | 5",
        "timeout        | 0",
        "timeout        | -1",
        "timeout        | 0.0001",
        "timeout        | 0.0015",
        "timeout        | 86400.001",
        "timeout        | 1e999999999",
        "timeout        | 1e-999999999",
        "timeout        | \"0s\"",
        "timeout        | \"25h\"",
        "timeout        | \"999999999h\"",
        "timeout        | \"300\"",
        "timeout        | \"5 m\"",
        "timeout        | \"5d\"",
        "timeout        | \"-5s\"",
        "timeout        | true",
        "stream_usage   | \"always\"",
        "stream_usage   | true",
        "max_output_tokens | 0",
        "max_output_tokens | 1000000001",
        "max_output_tokens | \"5\"",
        "enabled        | \"yes\"",
        "status         | \"enabled\""
      })
  void namesTheFieldAtFaultAndRepeatsNoSecret(String field, String value) {
    var reply = server.post(MODELS, aModelWith(field, value));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(field);
    assertThat(reply.error().path("message").asText()).contains("'" + field + "' must be ");
    assertThat(reply.text()).doesNotContain("hunter2");
    assertThat(server.routes.all()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"name,'{\"backend\":\"vllm\"}'", "backend,'{\"name\":\"m\"}'"})
  void saysWhatIsMissing(String field, String body) {
    var reply = server.post(MODELS, body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(field);
    assertThat(reply.error().path("message").asText()).contains("missing");
  }

  @Test
  void listsTheBackendsThereAre() {
    var reply = server.post(MODELS, aModelWith("backend", "\"tgi\""));

    assertThat(reply.error().path("message").asText())
        .contains("ollama, vllm, llamacpp, openai, api3, echo");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ollama", "llamacpp", "api3"})
  void refusesBackendsThatComeLater(String backend) {
    var reply = server.post(MODELS, aModelWith("backend", "\"" + backend + "\""));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("backend");
    assertThat(reply.error().path("message").asText())
        .isEqualTo(
            "backend '" + backend + "' is not available in this version (available: vllm, openai)");
    assertThat(server.routes.all()).isEmpty();
  }

  @Test
  void saysHowToSwitchTheEchoOn() {
    var reply = server.post(MODELS, aModelWith("backend", "\"echo\""));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("message").asText()).contains("MG_DEMO=true");
  }

  @Test
  void keepsNamesApart() {
    server.post(MODELS, aModelWith("name", "\"one\""));
    String other = add(aModelWith("name", "\"two\""));

    var added = server.post(MODELS, aModelWith("name", "\"one\""));
    var renamed = server.patch(other, "{\"name\":\"one\"}");

    for (var refused : new AdminServer.Reply[] {added, renamed}) {
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.error().path("param").asText()).isEqualTo("name");
      assertThat(refused.error().path("code").asText()).isEqualTo("model_exists");
    }
    assertThat(server.routes.all())
        .extracting(route -> route.name().value())
        .containsExactly("one", "two");
  }

  @Test
  void changesOnlyWhatIsSaid() {
    String path = add(EVERYTHING);
    JsonNode before = server.get(path).json();
    server.clock.advance(Duration.ofMinutes(1));

    JsonNode after = server.patch(path, "{\"name\":\"renamed\",\"enabled\":false}").json();

    assertThat(after.path("name").asText()).isEqualTo("renamed");
    assertThat(after.path("status").asText()).isEqualTo("disabled");
    assertThat(after.path("updated_at").asText()).isEqualTo("2026-11-22T12:01:00Z");
    for (String unchanged :
        new String[] {
          "id",
          "backend",
          "base_url",
          "upstream_model",
          "has_api_key",
          "timeout",
          "stream_usage",
          "created_at"
        }) {
      assertThat(after.path(unchanged)).as(unchanged).isEqualTo(before.path(unchanged));
    }
  }

  @Test
  void clearsWithNull() {
    String path = add(EVERYTHING);

    JsonNode after =
        server
            .patch(
                path,
                "{\"base_url\":null,\"upstream_model\":null,\"api_key\":null,\"timeout\":null,"
                    + "\"stream_usage\":null}")
            .json();

    for (String field : new String[] {"base_url", "upstream_model", "timeout", "stream_usage"}) {
      assertThat(after.get(field).isNull()).as(field).isTrue();
    }
    assertThat(after.path("has_api_key").asBoolean(true)).isFalse();
    assertThat(server.routes.all())
        .extracting(route -> route.targets().getFirst().credential())
        .containsOnlyNulls();
  }

  @Test
  void standsOnSeveralTargetsWithModelsThatStandIn() {
    server.post(MODELS, "{\"name\":\"spare\",\"backend\":\"vllm\"}");

    var reply = server.post(MODELS, "{\"name\":\"m\"," + TWO_TARGETS + "}");

    assertThat(reply.status()).isEqualTo(201);
    JsonNode model = reply.json();
    assertThat(model.path("backend").asText()).isEqualTo("vllm");
    assertThat(model.path("fallback_models").path(0).asText()).isEqualTo("spare");
    assertThat(model.path("targets").path(0).toString())
        .isEqualTo(
            "{\"backend\":\"vllm\",\"base_url\":\"http://gpu1:8000\",\"upstream_model\":null,"
                + "\"has_api_key\":true,\"weight\":3,\"priority\":0}");
    assertThat(model.path("targets").path(1).toString())
        .isEqualTo(
            "{\"backend\":\"openai\",\"base_url\":null,\"upstream_model\":\"gpt-5\","
                + "\"has_api_key\":false,\"weight\":1,\"priority\":1}");
    assertThat(server.get(reply.header("location")).json()).isEqualTo(model);
  }

  @Test
  void keepsTheCredentialsOfTwoTargetsInOnePlaceInTheirOrder() {
    String place = "{\"backend\":\"vllm\",\"base_url\":\"http://gpu1:8000\"";
    String path =
        server
            .post(
                MODELS,
                "{\"name\":\"m\",\"targets\":["
                    + (place + ",\"api_key\":\"one\"},")
                    + (place + ",\"api_key\":\"two\"}]}"))
            .header("location");

    server.patch(path, "{\"targets\":[" + place + "}," + place + ",\"weight\":5}]}");

    assertThat(server.routes.all().getLast().targets())
        .extracting(target -> Objects.requireNonNull(target.credential()).secret())
        .containsExactly("one", "two");
  }

  @Test
  void keepsACredentialThatNobodyCouldSendBack() {
    server.post(MODELS, "{\"name\":\"spare\",\"backend\":\"vllm\"}");
    String path = server.post(MODELS, "{\"name\":\"m\"," + TWO_TARGETS + "}").header("location");
    String same = "{\"backend\":\"vllm\",\"base_url\":\"http://gpu1:8000\",\"weight\":5}";
    String moved = "{\"backend\":\"vllm\",\"base_url\":\"http://gpu9:8000\"}";

    JsonNode after = server.patch(path, "{\"targets\":[" + moved + "," + same + "]}").json();

    assertThat(after.path("targets").path(0).path("has_api_key").asBoolean(true)).isFalse();
    assertThat(after.path("targets").path(1).path("has_api_key").asBoolean()).isTrue();
    assertThat(after.path("targets").path(1).path("weight").asInt()).isEqualTo(5);
    assertThat(after.path("fallback_models").size()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "targets                | []",
        "targets                | {}",
        "targets                | [1]",
        "targets[0].backend     | [{}]",
        "targets[0].backend     | [{\"backend\":\"tgi\"}]",
        "targets[1].weight      | [{\"backend\":\"vllm\"},{\"backend\":\"vllm\",\"weight\":0}]",
        "targets[0].priority    | [{\"backend\":\"vllm\",\"priority\":-1}]",
        "targets[0].base_url    | [{\"backend\":\"vllm\",\"base_url\":\"file:///etc\"}]",
        "targets[0].name        | [{\"backend\":\"vllm\",\"name\":\"x\"}]"
      })
  void refusesTargetsThatAreNone(String field, String targets) {
    var reply = server.post(MODELS, "{\"name\":\"m\",\"targets\":" + targets + "}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error/param").asText()).isEqualTo(field);
  }

  @Test
  void refusesWhatContradictsItself() {
    server.post(MODELS, "{\"name\":\"spare\",\"backend\":\"vllm\"}");
    String path = server.post(MODELS, "{\"name\":\"m\"," + TWO_TARGETS + "}").header("location");

    assertRefused(
        server.post(MODELS, "{\"name\":\"n\",\"backend\":\"vllm\"," + TWO_TARGETS + "}"),
        "targets");
    assertRefused(server.patch(path, "{\"base_url\":\"http://gpu\"}"), "targets");
    assertRefused(server.patch(path, "{\"fallback_models\":[\"m\"]}"), "fallback_models");
    assertRefused(server.patch(path, "{\"fallback_models\":[\"none\"]}"), "fallback_models");
    assertRefused(
        server.patch(path, "{\"fallback_models\":[\"spare\",\"spare\"]}"), "fallback_models");
    assertRefused(server.patch(path, "{\"fallback_models\":\"spare\"}"), "fallback_models");
    assertThat(server.patch(path, "{\"fallback_models\":[]}").status()).isEqualTo(200);
  }

  private static void assertRefused(AdminServer.Reply reply, String field) {
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error/param").asText()).isEqualTo(field);
  }

  @Test
  void movesToAnotherBackendIfThereIsOne() {
    String path = add(EVERYTHING);

    assertThat(server.patch(path, "{\"backend\":\"openai\"}").status()).isEqualTo(200);
    assertThat(server.patch(path, "{\"backend\":\"ollama\"}").status()).isEqualTo(400);
    assertThat(server.get(path).json().path("backend").asText()).isEqualTo("openai");
  }

  @Test
  void canDisableAModelWhoseBackendIsGone() {
    server.routes.add(Samples.aRoute("echo", BackendKind.ECHO), DEED);

    var reply = server.patch(MODELS + "/mdl_echo", "{\"status\":\"disabled\"}");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().path("status").asText()).isEqualTo("disabled");
  }

  @Test
  void removesAModelForGood() {
    String path = add(EVERYTHING);

    assertThat(server.delete(path).status()).isEqualTo(204);
    assertThat(server.delete(path).status()).isEqualTo(404);
    assertThat(server.get(path).status()).isEqualTo(404);
    assertThat(server.patch(path, "{}").status()).isEqualTo(404);
    assertThat(server.get(path).error().path("code").asText()).isEqualTo("model_not_found");
    assertThat(server.get(MODELS + "/" + "x".repeat(65)).status()).isEqualTo(404);
  }

  @Test
  void saysSoWhenTheStoreIsGone() {
    var routes = new InMemoryModelRoutes();
    routes.add(Samples.aRoute("m", BackendKind.VLLM), DEED);
    try (var broken = AdminServer.startOnAFullDisk(new InMemoryApiKeys(), routes)) {
      assertThat(broken.post(MODELS, EVERYTHING).status()).isEqualTo(503);
      assertThat(broken.patch(MODELS + "/mdl_m", "{}").status()).isEqualTo(503);
      assertThat(broken.delete(MODELS + "/mdl_m").status()).isEqualTo(503);
      assertThat(broken.get(MODELS + "/mdl_m").status()).isEqualTo(200);
    }
  }

  private String add(String body) {
    var reply = server.post(MODELS, body);
    assertThat(reply.status()).isEqualTo(201);
    return reply.header("location");
  }

  /** A good model but for that field. */
  private static String aModelWith(String field, String value) {
    String rest =
        switch (field) {
          case "name" -> "\"backend\":\"vllm\"";
          case "backend" -> "\"name\":\"m\"";
          default -> "\"name\":\"m\",\"backend\":\"vllm\"";
        };
    return "{" + rest + ",\"" + field + "\":" + value + "}";
  }
}
