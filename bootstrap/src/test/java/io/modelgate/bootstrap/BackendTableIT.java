package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.await;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of backend, on every endpoint, whole and streamed, in every situation: what a client
 * sees and what its key is charged. Prints the table.
 */
@TestInstance(Lifecycle.PER_CLASS)
class BackendTableIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What happens behind the gateway. */
  enum Situation {
    OK,
    TOOLS,
    REFUSAL,
    OVERFLOW,
    RATE_LIMIT,
    ERROR_INSIDE,
    CUT,
    GARBAGE
  }

  /** One cell. */
  record Case(EngineDialect kind, Endpoint endpoint, boolean stream, Situation situation) {
    boolean isStreamed() {
      return stream && endpoint.streams();
    }

    String row() {
      return "%-9s %-16s %-6s "
          .formatted(
              kind.name().toLowerCase(Locale.ROOT),
              endpoint.path().replace("/v1/", ""),
              stream ? "stream" : "whole");
    }
  }

  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, Map<Situation, String>> table = new TreeMap<>();

  @SuppressWarnings("NullAway.Init")
  private GatewayFixture gateway;

  @BeforeAll
  void start(@TempDir Path folder) {
    gateway = GatewayFixture.start(folder);
  }

  @AfterAll
  void print() {
    gateway.close();
    http.close();
    var lines = new ArrayList<String>();
    lines.add(
        line("kind      endpoint         mode   ", Stream.of(Situation.values()).map(Enum::name)));
    table.forEach(
        (row, cells) ->
            lines.add(
                line(row, Stream.of(Situation.values()).map(one -> cells.getOrDefault(one, "–")))));
    System.out.println("What clients see, by kind of backend (tokens charged in brackets)");
    lines.forEach(System.out::println);
  }

  private static String line(String row, Stream<String> cells) {
    return row + cells.map(cell -> "| %-31s".formatted(cell)).collect(Collectors.joining());
  }

  static List<Case> cells() {
    var cells = new ArrayList<Case>();
    for (EngineDialect kind : EngineDialect.values()) {
      for (Endpoint endpoint : Endpoint.values()) {
        for (boolean stream : new boolean[] {false, true}) {
          for (Situation situation : Situation.values()) {
            if (situation != Situation.TOOLS || endpoint == Endpoint.CHAT_COMPLETIONS) {
              cells.add(new Case(kind, endpoint, stream, situation));
            }
          }
        }
      }
    }
    return cells;
  }

  @ParameterizedTest
  @MethodSource("cells")
  void isAsItShouldBe(Case cell) throws Exception {
    try (var backend = ScriptedBackend.start()) {
      var begun = new CountDownLatch(1);
      script(backend, cell, begun);
      String model = register(cell, backend);
      AdminClient.IssuedKey key = gateway.admin().createKey("table");

      Reply response = ask(cell, model, key.secret(), begun);
      long charged = gateway.admin().key(key.id()).get("used_tokens").longValue();

      String seen = seen(cell, response);
      table
          .computeIfAbsent(cell.row(), _ -> new TreeMap<>())
          .put(cell.situation(), seen + " (" + charged + ")");
      assertThat(seen).as(response.body()).isEqualTo(expected(cell));
      assertThat(charged).isEqualTo(expectedCharge(cell));
      assertThat(response.body()).doesNotContain("127.0.0.1", "the-engines-own");
      checkCredential(cell, backend);
      checkBytes(cell, response.body());
    }
  }

  /** The engine that dies inside a stream does so when its client has seen it begin. */
  private static void script(ScriptedBackend backend, Case cell, CountDownLatch begun) {
    EngineDialect kind = cell.kind();
    List<String> events = kind.events(cell.endpoint());
    String body = kind.body(cell.endpoint());
    String reply =
        switch (cell.situation()) {
          case OK -> cell.isStreamed() ? stream(kind, events) : EngineDialect.whole(body);
          case TOOLS ->
              cell.isStreamed()
                  ? stream(kind, kind.toolEvents())
                  : EngineDialect.whole(kind.toolBody());
          case REFUSAL -> kind.refusal();
          case OVERFLOW -> kind.tooLong();
          case RATE_LIMIT -> kind.busy();
          case ERROR_INSIDE ->
              cell.isStreamed()
                  ? kind.streamHead() + firstWords(events)
                  : EngineDialect.whole(kind.errorBody());
          case CUT ->
              cell.isStreamed() ? kind.streamHead() + firstWords(events) : EngineDialect.cut(body);
          case GARBAGE ->
              cell.isStreamed()
                  ? kind.streamHead() + "data: <html>{]\n\n"
                  : EngineDialect.whole("<html>not found</html>");
        };
    if (cell.isStreamed() && cell.situation() == Situation.ERROR_INSIDE) {
      backend.onRequest(send(reply), await(begun), send(kind.failsInside()), hangUp());
    } else {
      backend.onRequest(send(reply), hangUp());
    }
    if (kind == EngineDialect.OLLAMA && cell.situation() == Situation.OVERFLOW) {
      backend.onRequest(send(reply), hangUp()); // it is asked again, to truncate
    }
  }

  private static String stream(EngineDialect kind, List<String> events) {
    return kind.streamHead() + String.join("", events);
  }

  /** Up to and with the one that says something. */
  private static String firstWords(List<String> events) {
    var said = new StringBuilder();
    for (String event : events) {
      said.append(event);
      if (event.contains("Hi")) {
        break;
      }
    }
    return said.toString();
  }

  private static String expected(Case cell) {
    return switch (cell.situation()) {
      case OK -> cell.endpoint() == Endpoint.EMBEDDINGS ? "200 [0.5,-1.25]" : "200 Hi";
      case TOOLS -> "200 look {\"x\":1}";
      case REFUSAL ->
          switch (cell.kind()) {
            case VLLM, OLLAMA -> "404 model_not_found";
            case LLAMACPP -> "400 invalid_request_error";
            case OPENAI -> "400 invalid_value";
            case API3 -> "422 missing";
          };
      case OVERFLOW -> "400 context_length_exceeded";
      case RATE_LIMIT ->
          switch (cell.kind()) {
            case VLLM, OPENAI, API3 -> "429 rate_limit_exceeded";
            case LLAMACPP, OLLAMA -> "503 upstream_error";
          };
      case ERROR_INSIDE -> cell.isStreamed() ? "200, error engine dead" : "502 upstream_error";
      case CUT -> cell.isStreamed() ? "200, error upstream_cut_off" : "502 upstream_cut_off";
      case GARBAGE -> "502 upstream_invalid_reply";
    };
  }

  /** What breaks off costs the prompt's estimate and the one word that came. */
  private static long expectedCharge(Case cell) {
    return switch (cell.situation()) {
      case OK -> cell.endpoint() == Endpoint.EMBEDDINGS ? 7 : 9;
      case TOOLS -> 9;
      case ERROR_INSIDE, CUT ->
          cell.isStreamed() ? (cell.endpoint() == Endpoint.CHAT_COMPLETIONS ? 6 : 2) + 1 : 0;
      case REFUSAL, OVERFLOW, RATE_LIMIT, GARBAGE -> 0;
    };
  }

  /** What a client got. */
  record Reply(int statusCode, String type, String body) {}

  private static String seen(Case cell, Reply response) throws IOException {
    if (response.type().startsWith("text/event-stream")) {
      return response.statusCode() + seenInStream(response.body());
    }
    JsonNode body = JSON.readTree(response.body());
    JsonNode error = body.path("error");
    if (error.isObject()) {
      return response.statusCode()
          + " "
          + (error.get("code").isNull() ? error.get("type") : error.get("code")).textValue();
    }
    JsonNode choice = body.path("choices").path(0);
    JsonNode function = choice.path("message").path("tool_calls").path(0).path("function");
    String said =
        cell.endpoint() == Endpoint.EMBEDDINGS
            ? body.path("data").path(0).path("embedding").toString()
            : function.isObject()
                ? function.get("name").textValue() + " " + function.get("arguments").textValue()
                : choice.path("message").path("content").asText("")
                    + choice.path("text").asText("");
    return response.statusCode() + " " + said;
  }

  private static String seenInStream(String body) throws IOException {
    var said = new StringBuilder();
    boolean done = false;
    for (String line : body.lines().filter(text -> text.startsWith("data:")).toList()) {
      String data = line.substring("data:".length()).strip();
      assertThat(done).as("nothing after [DONE]").isFalse();
      if (data.equals("[DONE]")) {
        done = true;
        continue;
      }
      JsonNode event = JSON.readTree(data);
      JsonNode error = event.path("error");
      if (error.isObject()) {
        String code = error.get("code").asText();
        return ", error " + (code.equals("upstream_error") ? error.get("message").asText() : code);
      }
      JsonNode delta = event.path("choices").path(0).path("delta");
      JsonNode function = delta.path("tool_calls").path(0).path("function");
      said.append(delta.path("content").asText(""))
          .append(event.path("choices").path(0).path("text").asText(""))
          .append(function.has("name") ? function.get("name").asText() + " " : "")
          .append(function.path("arguments").asText(""));
    }
    return " " + said + (done ? "" : ", no end");
  }

  private String register(Case cell, ScriptedBackend backend) {
    String model = "m";
    gateway.admin().removeModels();
    gateway
        .admin()
        .createModel(
            "{\"name\":\"%s\",\"backend\":\"%s\",\"base_url\":\"%s\",\"api_key\":\"the-engines-own\"}"
                .formatted(model, cell.kind().name().toLowerCase(Locale.ROOT), backend.baseUrl()));
    return model;
  }

  private Reply ask(Case cell, String model, String key, CountDownLatch begun)
      throws IOException, InterruptedException {
    String asked =
        switch (cell.endpoint()) {
          case CHAT_COMPLETIONS ->
              "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]"
                  + (cell.situation() == Situation.TOOLS
                      ? ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\",\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"}}}}}]"
                      : "");
          case COMPLETIONS -> "\"prompt\":\"Hello\"";
          case EMBEDDINGS -> "\"input\":\"Hello\"";
        };
    String body = "{\"model\":\"%s\",\"stream\":%s,%s}".formatted(model, cell.stream(), asked);
    HttpResponse<InputStream> response =
        http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + cell.endpoint().path()))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofInputStream());
    begun.countDown();
    try (InputStream in = response.body()) {
      return new Reply(
          response.statusCode(),
          response.headers().firstValue("content-type").orElse(""),
          new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** Exactly one, in the header of the kind. */
  private static void checkCredential(Case cell, ScriptedBackend backend) {
    String header =
        cell.kind() == EngineDialect.API3
            ? "x-api-key: the-engines-own"
            : "Authorization: Bearer the-engines-own";
    assertThat(
            backend.requests().getFirst().head().lines().filter(l -> l.contains("the-engines-own")))
        .containsExactly(header);
  }

  /** What an OpenAI-shaped backend said comes out as it was, but for the usage nobody asked for. */
  private static void checkBytes(Case cell, String received) {
    if (cell.kind() == EngineDialect.OLLAMA || cell.situation() != Situation.OK) {
      return;
    }
    String sent =
        cell.isStreamed()
            ? String.join("", cell.kind().events(cell.endpoint())).replace(EngineDialect.COUNTS, "")
            : cell.kind().body(cell.endpoint());
    assertThat(received).isEqualTo(sent);
  }
}
