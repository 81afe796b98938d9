package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.testing.backend.FakeOllama;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's API through the whole gateway in front of an Ollama that is strict about its types. */
class OllamaIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String LONG_CHAT =
      "\"num_ctx\":16,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]"
          .formatted("word ".repeat(40));

  private static FakeOllama ollama;
  private static GatewayFixture gateway;
  private static AdminClient.IssuedKey key;

  @BeforeAll
  static void start(@TempDir Path folder) {
    ollama = FakeOllama.start();
    gateway = GatewayFixture.start(folder, Map.of("MG_ADAPTERS_OLLAMA_BASE_URL", ollama.baseUrl()));
    key = gateway.admin().createKey("ollama");
    gateway
        .admin()
        .createModel(
            "{\"name\":\"tiny\",\"backend\":\"ollama\",\"upstream_model\":\"tiny:latest\"}");
    gateway.admin().createModel("{\"name\":\"deaf:latest\",\"backend\":\"ollama\"}");
    gateway.admin().createModel("{\"name\":\"missing\",\"backend\":\"ollama\"}");
  }

  @AfterAll
  static void stop() {
    gateway.close();
    ollama.close();
  }

  private static HttpResponse<String> ask(String path, String model, String fields)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .header("Authorization", "Bearer " + key.secret())
            .POST(BodyPublishers.ofString("{\"model\":\"" + model + "\"," + fields + "}"))
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  private static HttpResponse<String> chat(String fields) throws IOException, InterruptedException {
    return ask("/v1/chat/completions", "tiny", fields);
  }

  @Test
  void answersAChat() throws Exception {
    var reply = chat("\"messages\":[{\"role\":\"user\",\"content\":\"Good morning\"}]");

    JsonNode body = JSON.readTree(reply.body());
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(body.at("/choices/0/message/content").asText()).isEqualTo("You said: Good morning");
    assertThat(body.at("/model").asText()).isEqualTo("tiny");
    assertThat(body.at("/usage/total_tokens").asInt()).isEqualTo(6);
    assertThat(reply.headers().firstValue("x-modelgate-prompt-truncated")).isEmpty();
  }

  @Test
  void streamsAChat() throws Exception {
    var reply =
        chat(
            "\"stream\":true,\"max_tokens\":3,\"stream_options\":{\"include_usage\":true},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Good morning\"}]");

    assertThat(reply.headers().firstValue("content-type")).hasValue("text/event-stream");
    assertThat(reply.body())
        .contains("\"content\":\" said:\"", "\"finish_reason\":\"length\"")
        .contains("\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3,\"total_tokens\":5}")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void letsAModelCallATool() throws Exception {
    var reply =
        chat(
            "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}],"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Weather?\"}]");

    JsonNode choice = JSON.readTree(reply.body()).at("/choices/0");
    assertThat(choice.at("/message/tool_calls/0/function/arguments").asText())
        .isEqualTo("{\"city\":\"Paris\"}");
    assertThat(choice.at("/finish_reason").asText()).isEqualTo("tool_calls");
  }

  @Test
  void marksAReplyToAPromptThatWasShortened() throws Exception {
    var whole = chat(LONG_CHAT);
    var stream = chat("\"stream\":true," + LONG_CHAT);

    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(whole.headers().firstValue("x-modelgate-prompt-truncated")).hasValue("true");
    assertThat(stream.headers().firstValue("x-modelgate-prompt-truncated")).hasValue("true");
  }

  @Test
  void refusesALongPromptWhenTheClientWantsThat() throws Exception {
    var reply = chat("\"truncate\":false," + LONG_CHAT);

    assertThat(reply.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(reply.body()).at("/error/code").asText())
        .isEqualTo("context_length_exceeded");
  }

  @Test
  void tellsWhatIsWrong() throws Exception {
    String hello = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    var missing = ask("/v1/chat/completions", "missing", hello);
    var deaf =
        ask(
            "/v1/chat/completions",
            "deaf:latest",
            "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]," + hello);

    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.body()).contains("model_not_found");
    assertThat(deaf.statusCode()).isEqualTo(400);
    assertThat(deaf.body()).contains("does not support tools");
  }

  @Test
  void completesAPromptAndEmbedsTexts() throws Exception {
    var completion = ask("/v1/completions", "tiny", "\"prompt\":\"Once upon\"");
    var vectors = ask("/v1/embeddings", "tiny", "\"input\":[\"one\",\"two words\"]");

    assertThat(JSON.readTree(completion.body()).at("/choices/0/text").asText())
        .isEqualTo("You said: Once upon");
    assertThat(JSON.readTree(vectors.body()).at("/data/1/embedding/2").asText())
        .isEqualTo("-0.010071029");
    assertThat(JSON.readTree(vectors.body()).at("/usage/prompt_tokens").asInt()).isEqualTo(3);
  }
}
