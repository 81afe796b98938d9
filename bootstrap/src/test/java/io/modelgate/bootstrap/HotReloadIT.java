package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.await;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Settings that change under a running gateway, as its callers and its operator notice it. */
@Timeout(120)
class HotReloadIT {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
  private static final String BEGIN =
      """
      data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"model":"m"}

      """;
  private static final String END =
      """
      data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"model":"m"}

      data: {"choices":[],"model":"m","usage":{"prompt_tokens":3,"completion_tokens":4}}

      data: [DONE]

      """;

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ScriptedBackend before = ScriptedBackend.start();
  private final ScriptedBackend after = ScriptedBackend.start();

  @SuppressWarnings("NullAway.Init")
  private Path file;

  @BeforeEach
  void writeTheFile() throws IOException {
    file = folder.resolve("modelgate.yaml");
    write("20s", before);
  }

  private void write(String timeout, ScriptedBackend vllm) throws IOException {
    Files.writeString(
        file,
        """
        timeout: %s
        adapters.vllm: {base-url: "%s", stream-usage: never}
        """
            .formatted(timeout, vllm.baseUrl()));
  }

  @AfterEach
  void stop() throws IOException {
    http.close();
    before.close();
    after.close();
  }

  @Test
  void aRunningStreamEndsAsItBeganAndTheNextCallGoesByTheNewSettings() throws Exception {
    var goOn = new CountDownLatch(1);
    before.onRequest(send(HEAD + BEGIN), await(goOn), send(END), ScriptedBackend.hangUp());
    after.onRequest(after.silence()).onRequest(send(HEAD + BEGIN + END), ScriptedBackend.hangUp());
    try (var log = RecordedLog.of(LiveSettings.class);
        var gateway = GatewayFixture.start(folder, file, Map.of())) {
      String key = keyAndModel(gateway.admin());
      var running = http.send(stream(gateway.url(), key), BodyHandlers.ofInputStream());
      try (var lines = new BufferedReader(new InputStreamReader(running.body(), UTF_8))) {
        assertThat(lines.readLine()).contains("\"content\":\"Hi\"");

        write("200ms", after);
        gateway.noticeChangedSettings();

        HttpResponse<String> impatient = call(gateway.url(), key);
        assertThat(impatient.statusCode()).as("by the new timeout").isEqualTo(504);
        goOn.countDown(); // by now the running stream has been silent for longer than that
        assertThat(lines.lines().filter(line -> !line.isEmpty())).last().isEqualTo("data: [DONE]");
      }
      assertThat(call(gateway.url(), key).body()).endsWith("data: [DONE]\n\n");
      assertThat(before.requests()).hasSize(1);
      assertThat(after.requests()).hasSize(2);
      assertThat(log.lines())
          .containsExactly(
              "INFO settings changed: timeout 20s → 200ms, adapters.vllm.base-url %s → %s"
                  .formatted(before.baseUrl(), after.baseUrl()));
    }
  }

  @Test
  void aFaultyFileChangesNothingAndAllThatIsWrongIsToldUntilItIsRight() throws Exception {
    before.onRequest(send(HEAD + BEGIN + END), ScriptedBackend.hangUp());
    after.onRequest(send(HEAD + BEGIN + END), ScriptedBackend.hangUp());
    try (var log = RecordedLog.of(LiveSettings.class);
        var gateway = GatewayFixture.start(folder, file, Map.of())) {
      String key = keyAndModel(gateway.admin());

      Files.writeString(file, "timeout: soon\nadapters.vllm.base-url: nowhere\nnonsense: 1\n");
      gateway.noticeChangedSettings();
      gateway.noticeChangedSettings();

      assertThat(call(gateway.url(), key).statusCode()).isEqualTo(200);
      assertThat(log.news())
          .singleElement()
          .asString()
          .startsWith("WARN ")
          .contains("timeout: soon", "adapters.vllm.base-url", "nonsense");
      assertThat(gateway.admin().settings().get("faults")).hasSize(3);

      write("20s", after);
      gateway.noticeChangedSettings();

      assertThat(call(gateway.url(), key).statusCode()).isEqualTo(200);
      assertThat(after.requests()).hasSize(1);
      assertThat(gateway.admin().settings().get("faults")).isEmpty();
    }
  }

  @Test
  void newKeysGetTheNewDefaultQuotaAndWhatNeedsARestartIsNamed() throws Exception {
    try (var log = RecordedLog.of(LiveSettings.class);
        var gateway = GatewayFixture.start(folder, file, Map.of())) {
      String early = gateway.admin().createKey("early").id();
      write("20s", before);
      Files.writeString(
          file,
          Files.readString(file)
              + "quota.default-tokens: 7\nmax-body-size: 1KB\nredis.tls: true\n");

      gateway.noticeChangedSettings();

      String late = gateway.admin().createKey("late").id();
      assertThat(gateway.admin().key(early).get("quota_tokens").longValue()).isEqualTo(1_000_000);
      assertThat(gateway.admin().key(late).get("quota_tokens").longValue()).isEqualTo(7);
      assertThat(log.lines())
          .containsExactly(
              "INFO settings changed: quota.default-tokens 1000000 → 7",
              "WARN these settings change only with a restart: redis.tls false → true,"
                  + " max-body-size 5MB → 1KB");
      assertThat(setting(gateway.admin(), "max-body-size").get("value").textValue())
          .isEqualTo("5MB");
      assertThat(setting(gateway.admin(), "max-body-size").get("pending").textValue())
          .isEqualTo("1KB");
    }
  }

  @Test
  void aSecretThatIsRotatedInItsFileIsShownToTheBackendAndToNobodyElse() throws Exception {
    Path secret = Files.writeString(folder.resolve("vllm-key"), "the-first-secret");
    before
        .onRequest(send(HEAD + BEGIN + END), ScriptedBackend.hangUp())
        .onRequest(send(HEAD + BEGIN + END), ScriptedBackend.hangUp());
    try (var log = RecordedLog.of(LiveSettings.class);
        var gateway =
            GatewayFixture.start(
                folder, file, Map.of("MG_ADAPTERS_VLLM_API_KEY_FILE", secret.toString()))) {
      String key = keyAndModel(gateway.admin());
      call(gateway.url(), key);

      Files.writeString(secret, "the-second-secret");
      gateway.noticeChangedSettings();
      call(gateway.url(), key);

      assertThat(before.requests())
          .satisfiesExactly(
              first -> assertThat(first.head()).contains("Bearer the-first-secret"),
              second -> assertThat(second.head()).contains("Bearer the-second-secret"));
      assertThat(log.lines() + gateway.admin().settings().toString())
          .doesNotContain("-secret\"", "the-first", "the-second", GatewayFixture.ADMIN_KEY)
          .contains("«…»");
    }
  }

  @Test
  void theProcessLooksByItself() throws Exception {
    Map<String, String> environment =
        Map.of(
            "MG_SERVER_HOST", "127.0.0.1",
            "MG_SERVER_PORT", "0",
            "MG_ADMIN_API_KEY", GatewayFixture.ADMIN_KEY);
    try (var gateway =
            GatewayProcess.run(folder, environment, "serve", "--config", file.toString());
        var admin = new AdminClient(gateway.url(), GatewayFixture.ADMIN_KEY)) {
      assertThat(setting(admin, "timeout").get("origin").textValue()).isEqualTo(file.toString());

      Path replacement =
          Files.writeString(folder.resolve("new.yaml"), "timeout: 7s\nlog.format: json\n");
      Files.move(replacement, file, StandardCopyOption.ATOMIC_MOVE);

      assertThat(gateway.awaitLine("settings changed: "))
          .startsWith("{")
          .contains("timeout 20s → 7s");
      assertThat(setting(admin, "timeout").get("value").textValue()).isEqualTo("7s");

      Files.writeString(file, "timeout: [");
      assertThat(gateway.awaitLine("the changed settings are wrong")).contains("no valid YAML");
      assertThat(setting(admin, "timeout").get("value").textValue()).isEqualTo("7s");
    }
  }

  private static String keyAndModel(AdminClient admin) {
    admin.createModel("{\"name\":\"m\",\"backend\":\"vllm\"}");
    return admin.createKey("caller").secret();
  }

  private static JsonNode setting(AdminClient admin, String key) {
    for (JsonNode setting : admin.settings().get("data")) {
      if (setting.get("key").textValue().equals(key)) {
        return setting;
      }
    }
    throw new AssertionError("there is no setting " + key);
  }

  private HttpResponse<String> call(String url, String key)
      throws IOException, InterruptedException {
    return http.send(stream(url, key), BodyHandlers.ofString());
  }

  private static HttpRequest stream(String url, String key) {
    return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + key)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"))
        .build();
  }
}
