package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Ollama, at {@code OLLAMA_HOST}, through the whole gateway, with the smallest of its models
 * that can do what is asked. Run by {@code make test-ollama} alone; says when there is none.
 */
@Tag("ollama")
class OllamaLiveIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3)).build();
  private static final String HELLO =
      "\"max_tokens\":16,\"messages\":[{\"role\":\"user\",\"content\":\"Say hello.\"}]";

  private static GatewayFixture gateway;
  private static String secret;
  private static List<String> models;

  @BeforeAll
  static void start(@TempDir Path folder) throws InterruptedException {
    String url = ollama();
    models = modelsAt(url);
    gateway = GatewayFixture.start(folder, Map.of("MG_ADAPTERS_OLLAMA_BASE_URL", url));
    secret = gateway.admin().createKey("live").secret();
    for (String model : models) {
      gateway.admin().createModel("{\"name\":\"" + model + "\",\"backend\":\"ollama\"}");
    }
  }

  @AfterAll
  static void stop() {
    if (gateway != null) {
      gateway.close();
    }
  }

  /** {@code OLLAMA_HOST} is also the server's own variable: it may lack the scheme, or the port. */
  private static String ollama() {
    String named = System.getenv().getOrDefault("OLLAMA_HOST", "");
    String host = named.isBlank() ? "127.0.0.1:11434" : named.strip();
    String url = host.contains("://") ? host : "http://" + host;
    return url.matches("https?://[^/]*:[0-9]+/?.*") || url.startsWith("https:")
        ? url
        : url + ":11434";
  }

  private static List<String> modelsAt(String url) throws InterruptedException {
    try {
      var request = HttpRequest.newBuilder(URI.create(url + "/api/tags")).build();
      var reply = HTTP.send(request, BodyHandlers.ofString());
      List<JsonNode> found = new ArrayList<>();
      JSON.readTree(reply.body()).path("models").forEach(found::add);
      if (found.isEmpty()) {
        return fail("The Ollama at " + url + " has no models: pull a small one and try again.");
      }
      found.sort(Comparator.comparingLong(model -> model.path("size").asLong()));
      return found.stream().map(model -> model.path("name").asText()).toList();
    } catch (IOException e) {
      return fail("No Ollama answers at " + url + ": start one, or name it in OLLAMA_HOST.");
    }
  }

  private static HttpResponse<String> ask(String path, String model, String fields)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .header("Authorization", "Bearer " + secret)
            .timeout(Duration.ofMinutes(5))
            .POST(BodyPublishers.ofString("{\"model\":\"" + model + "\"," + fields + "}"))
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  /** The smallest model that answers 200. */
  private static HttpResponse<String> askTheFirstThatCan(String path, String fields)
      throws IOException, InterruptedException {
    HttpResponse<String> last = null;
    for (String model : models) {
      last = ask(path, model, fields);
      if (last.statusCode() == 200) {
        return last;
      }
    }
    return fail(
        "None of "
            + models
            + " can do "
            + path
            + (last == null ? "" : "; the last said " + last.body()));
  }

  @Test
  void answersAChat() throws Exception {
    JsonNode reply = JSON.readTree(askTheFirstThatCan("/v1/chat/completions", HELLO).body());

    assertThat(reply.at("/choices/0/finish_reason").asText()).isIn("stop", "length");
    assertThat(reply.at("/usage/prompt_tokens").asInt()).isPositive();
    assertThat(reply.at("/usage/completion_tokens").asInt()).isBetween(1, 16);
  }

  @Test
  void streamsAChat() throws Exception {
    var reply =
        askTheFirstThatCan(
            "/v1/chat/completions",
            "\"stream\":true,\"stream_options\":{\"include_usage\":true}," + HELLO);

    assertThat(reply.body())
        .contains("\"role\":\"assistant\"", "\"usage\":{\"prompt_tokens\":")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void embedsATextWhereAModelCan() throws Exception {
    for (String model : models) {
      var reply = ask("/v1/embeddings", model, "\"input\":[\"one\",\"two\"]");
      assertThat(reply.statusCode()).as("%s: %s", model, reply.body()).isIn(200, 400);
      if (reply.statusCode() == 200) {
        assertThat(JSON.readTree(reply.body()).at("/data/1/embedding").size()).isPositive();
        return;
      }
    }
  }

  @Test
  void marksAReplyToAPromptThatDidNotFit() throws Exception {
    String words = "The quick brown fox jumps over the lazy dog. ".repeat(400);
    String chat =
        "\"messages\":[{\"role\":\"user\",\"content\":\"First.\"},{\"role\":\"assistant\",\"content\":\""
            + words
            + "\"},{\"role\":\"user\",\"content\":\"And?\"}]";

    var reply =
        askTheFirstThatCan("/v1/chat/completions", "\"num_ctx\":512,\"max_tokens\":4," + chat);

    assertThat(reply.headers().firstValue("x-modelgate-prompt-truncated")).hasValue("true");
  }
}
