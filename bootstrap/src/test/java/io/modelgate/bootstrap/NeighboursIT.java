package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code make run} does about engines that run on the same machine. */
class NeighboursIT {
  private static final String NOBODY = "http://127.0.0.1:1";

  @TempDir private Path folder;
  private final ScriptedBackend engine = ScriptedBackend.start();
  private final LinkedBlockingQueue<String> news = new LinkedBlockingQueue<>();

  @AfterEach
  void stop() throws IOException {
    engine.close();
  }

  private Map<String, String> settings() {
    return Map.of(
        "MG_ADAPTERS_VLLM_BASE_URL", engine.baseUrl().toString(),
        "MG_ADAPTERS_LLAMACPP_BASE_URL", NOBODY,
        "MG_ADAPTERS_OLLAMA_BASE_URL", NOBODY);
  }

  private String next() throws InterruptedException {
    return String.valueOf(news.poll(20, TimeUnit.SECONDS));
  }

  private static String json(String body) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + length
        + "\r\n\r\n"
        + body;
  }

  private static String listOf(String... names) {
    return json(
        "{\"data\":[{\"owned_by\":\"vllm\",\"id\":\""
            + String.join("\"},{\"owned_by\":\"vllm\",\"id\":\"", names)
            + "\"}]}");
  }

  private static JsonNode model(GatewayFixture gateway, String name) {
    return StreamSupport.stream(gateway.admin().models().spliterator(), false)
        .filter(model -> model.get("name").textValue().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void addsTheModelsOfAnEngineThatIsThere() throws InterruptedException {
    engine.onRequest(send(listOf("qwen", "mine")));
    engine.onRequest(send(listOf("qwen", "mine", "late")));
    try (var gateway = GatewayFixture.start(folder, settings())) {
      gateway.admin().createModel("{\"name\":\"mine\",\"backend\":\"echo\"}");

      gateway.lookAround(news::add);

      String found = "Found vLLM at " + engine.baseUrl() + ": ";
      assertThat(next()).isEqualTo(found + "qwen, mine (added 1).");
      assertThat(model(gateway, "qwen").get("backend").textValue()).isEqualTo("vllm");
      assertThat(model(gateway, "qwen").get("base_url").isNull()).isTrue();
      assertThat(model(gateway, "mine").get("backend").textValue()).isEqualTo("echo");

      gateway.lookAround(news::add);

      assertThat(next()).isEqualTo(found + "qwen, mine, late (added 1).");
    }
  }

  @Test
  void saysSoOnTheConsoleAndTheDemoKeyOpensTheModel() throws IOException {
    engine.onRequest(send(listOf("qwen")));
    engine.onRequest(send(json("{\"choices\":[],\"model\":\"qwen\"}")));
    var environment = new HashMap<>(settings());
    environment.put("MG_SERVER_HOST", "127.0.0.1");
    environment.put("MG_SERVER_PORT", "0");
    environment.put("MG_DATABASE_PATH", folder.resolve("modelgate.db").toString());
    environment.put("MG_DEMO", "true");
    try (var gateway = GatewayProcess.run(folder, environment, "serve")) {
      gateway.awaitLine("Found vLLM at " + engine.baseUrl() + ": qwen (added 1).");
      String key = Files.readString(folder.resolve("demo-key")).strip();

      assertThat(call(gateway.url(), key)).contains("\"model\":\"qwen\"");
    }
  }

  private static String call(String url, String key) throws IOException {
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
              .header("Authorization", "Bearer " + key)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString("{\"model\":\"qwen\",\"messages\":[]}"))
              .build();
      return client.send(request, BodyHandlers.ofString()).body();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  @Test
  void saysNothingWhenNobodyIsThere() throws InterruptedException {
    engine.onRequest(send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    try (var gateway = GatewayFixture.start(folder, settings())) {
      gateway.lookAround(news::add);

      assertThat(news.poll(2, TimeUnit.SECONDS)).isNull();
      assertThat(gateway.admin().models()).hasSize(1);
    }
  }
}
