package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gateway says in its own words, against OpenAI's specification. */
class SchemaIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi!\"}]";
  private static final String CHAT = "/v1/chat/completions";

  private static FakeEngine engine;
  private static GatewayFixture gateway;
  private static String key;
  private static HttpClient http;

  @BeforeAll
  static void start(@TempDir Path folder) {
    engine = FakeEngine.start();
    gateway = GatewayFixture.start(folder);
    engine.registerAt(gateway.admin());
    key = gateway.admin().createKey("schemas").secret();
    http = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    http.close();
    gateway.close();
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"n\":2", ",\"max_tokens\":1"})
  void aWholeChatOfTheEchoFits(String more) throws Exception {
    String reply = ok(post(CHAT, "{\"model\":\"echo\"," + MESSAGES + more + "}"));

    assertThat(OpenAiSchema.of("CreateChatCompletionResponse").faults(reply)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"n\":2", ",\"stream_options\":{\"include_usage\":true}"})
  void everyChunkOfAnEchoedChatFits(String more) throws Exception {
    String reply = ok(post(CHAT, "{\"model\":\"echo\",\"stream\":true," + MESSAGES + more + "}"));

    List<String> chunks = chunks(reply);
    assertThat(chunks.size()).isGreaterThan(3);
    var schema = OpenAiSchema.of("CreateChatCompletionStreamResponse");
    for (String chunk : chunks) {
      assertThat(schema.faults(chunk)).as(chunk).isEmpty();
    }
  }

  @Test
  void aWholeCompletionOfTheEchoFits() throws Exception {
    String reply = ok(post("/v1/completions", "{\"model\":\"echo\",\"prompt\":\"Hi!\"}"));

    assertThat(OpenAiSchema.of("CreateCompletionResponse").faults(reply)).isEmpty();
  }

  /** The specification has no null for a finish_reason here, though OpenAI's own API sends it. */
  @Test
  void everyChunkOfAnEchoedCompletionFitsButForTheFinishReasonThatIsStillOpen() throws Exception {
    String reply =
        ok(post("/v1/completions", "{\"model\":\"echo\",\"prompt\":\"Hi!\",\"stream\":true}"));

    List<String> chunks = chunks(reply);
    assertThat(chunks.size()).isGreaterThan(2);
    var schema = OpenAiSchema.of("CreateCompletionResponse");
    for (String chunk : chunks) {
      boolean open = JSON.readTree(chunk).at("/choices/0/finish_reason").isNull();
      assertThat(schema.faults(chunk))
          .as(chunk)
          .allMatch(fault -> open && fault.startsWith("$.choices[0].finish_reason:"));
    }
    assertThat(schema.faults(chunks.getLast())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, chat.completion.chunk, CreateChatCompletionStreamResponse",
    "/v1/completions, text_completion, CreateCompletionResponse",
  })
  void theEndOfAStreamThatTheQuotaCutsFits(String path, String object, String schemaName)
      throws Exception {
    boolean isChat = path.equals(CHAT);
    String word = isChat ? "\"delta\":{\"content\":\" the\"}" : "\"text\":\" the\"";
    String event =
        "data: {\"id\":\"x-1\",\"object\":\"%s\",\"created\":1700000000,\"model\":\"endless\",\"choices\":[{\"index\":0,%s,\"logprobs\":null,\"finish_reason\":null}]}\n\n"
            .formatted(object, word);
    String asked = isChat ? MESSAGES : "\"prompt\":\"Hi!\"";
    try (var backend = ScriptedBackend.start()) {
      backend.onRequest(
          ScriptedBackend.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"),
          backend.drip(event, Duration.ofMillis(1), 5_000));
      gateway
          .admin()
          .createModel(
              "{\"name\":\"endless-%s\",\"backend\":\"vllm\",\"upstream_model\":\"endless\",\"base_url\":\"%s\"}"
                  .formatted(object, backend.baseUrl()));
      String poor = gateway.admin().createKey("poor " + object, "\"quota_tokens\":15").secret();

      String reply =
          ok(
              send(
                  request(path)
                      .header("Authorization", "Bearer " + poor)
                      .POST(
                          BodyPublishers.ofString(
                              "{\"model\":\"endless-%s\",\"stream\":true,\"stream_options\":{\"include_usage\":true},%s}"
                                  .formatted(object, asked)))));

      backend.awaitHangUp();
      List<String> chunks = chunks(reply);
      JsonNode finish = JSON.readTree(chunks.get(chunks.size() - 2));
      JsonNode usage = JSON.readTree(chunks.getLast());
      assertThat(finish.at("/choices/0/finish_reason").textValue()).isEqualTo("length");
      assertThat(usage.at("/usage/total_tokens").asInt()).isEqualTo(15);
      assertThat(reply).endsWith("data: [DONE]\n\n");
      var schema = OpenAiSchema.of(schemaName);
      for (JsonNode chunk : List.of(finish, usage)) {
        assertThat(schema.faults(chunk.toString())).as(chunk.toString()).isEmpty();
        assertThat(chunk.path("id").textValue()).isEqualTo("x-1");
        assertThat(chunk.path("model").textValue()).isEqualTo("endless-" + object);
      }
    }
  }

  @Test
  void theModelsFit() throws Exception {
    String models = ok(get("/v1/models"));

    assertThat(OpenAiSchema.of("ListModelsResponse").faults(models)).isEmpty();
    assertThat(JSON.readTree(models).get("data").size()).isGreaterThan(10);
    for (JsonNode model : JSON.readTree(models).get("data")) {
      String one = ok(get("/v1/models/" + model.get("id").textValue()));
      assertThat(OpenAiSchema.of("Model").faults(one)).isEmpty();
      assertThat(JSON.readTree(one)).isEqualTo(model);
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "400 | {\"model\":",
        "400 | []",
        "400 | {\"model\":1}",
        "404 | {\"model\":\"nope\"}",
        "400 | {\"model\":\"status-400\"}",
        "422 | {\"model\":\"status-422\"}",
        "429 | {\"model\":\"status-429\"}",
        "502 | {\"model\":\"status-401\"}",
        "502 | {\"model\":\"status-500\"}",
        "503 | {\"model\":\"status-503\"}",
        "400 | {\"model\":\"overflow\"}",
        "502 | {\"model\":\"nobody-home\"}",
        "502 | {\"model\":\"error-event\",\"stream\":true}",
      })
  void errorsFit(int status, String body) throws Exception {
    assertError(post(CHAT, body), status);
  }

  @Test
  void errorsOfTheServerItselfFit() throws Exception {
    assertError(get("/v1/no/such/path"), 404);
    assertError(get(CHAT), 405);
    assertError(get("/v1/models/nope"), 404);
    assertError(send(request("/v1/models").header("Authorization", "Basic x").GET()), 401);
    assertError(send(request("/v1/models").GET()), 401);
    assertError(post(CHAT, "{\"x\":\"" + "x".repeat(6 << 20) + "\"}"), 413);
    assertError(
        send(
            asKnown(request(CHAT))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("{}"))),
        415);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut", "unfinished", "silent"})
  void theErrorInsideAStreamFits(String model) throws Exception {
    String stream =
        ok(post(CHAT, "{\"model\":\"" + model + "\",\"stream\":true," + MESSAGES + "}"));

    assertThat(stream).doesNotContain("[DONE]");
    assertErrorBody(chunks(stream).getLast());
  }

  @Test
  void aReplyThatDoesNotFitIsNoticed() throws Exception {
    String good = ok(post(CHAT, "{\"model\":\"echo\"," + MESSAGES + "}"));
    var schema = OpenAiSchema.of("CreateChatCompletionResponse");

    for (String bad :
        List.of(
            "{}",
            good.replace("\"finish_reason\":\"stop\"", "\"finish_reason\":\"over\""),
            good.replace("\"refusal\"", "\"refused\""),
            good.replace("\"prompt_tokens\":", "\"prompt_tokens\":\"x\",\"y\":"))) {
      assertThat(bad).isNotEqualTo(good);
      assertThat(schema.faults(bad)).as(bad).isNotEmpty();
    }
    assertThat(OpenAiSchema.of("ErrorResponse").faults("{\"error\":{\"message\":\"m\"}}"))
        .isNotEmpty();
  }

  private static void assertError(HttpResponse<String> response, int status) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    assertErrorBody(response.body());
    assertThat(JSON.readTree(response.body()).at("/error/status").intValue()).isEqualTo(status);
  }

  /** The status is the one field that is ours. */
  private static void assertErrorBody(String body) throws IOException {
    assertThat(OpenAiSchema.of("ErrorResponse").faults(body)).as(body).isEmpty();
    assertThat(JSON.readTree(body).get("error").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("message", "type", "param", "code", "status");
    assertThat(JSON.readTree(body).fieldNames()).toIterable().containsExactly("error");
  }

  private static List<String> chunks(String stream) {
    return stream
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> line.substring("data: ".length()))
        .toList();
  }

  private static String ok(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(asKnown(request(path)).GET());
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return send(asKnown(request(path)).POST(BodyPublishers.ofString(body)));
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(gateway.url() + path));
  }

  private static HttpRequest.Builder asKnown(HttpRequest.Builder request) {
    return request.header("Authorization", "Bearer " + key);
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
