package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The distribution as a process: how it starts, stops, dies, comes back, and what it says. */
class ProcessIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ADMIN_KEY = GatewayFixture.ADMIN_KEY;
  private static final String PROMPT = "Whisper-Xylophone-4711";

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void hangUp() {
    http.close();
  }

  @Test
  void servesCallsWithAKeyUntilTheKeyIsDisabled() throws Exception {
    try (var gateway = serve(Map.of());
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      admin.createModel("{\"name\":\"mine/own\",\"backend\":\"echo\"}");
      AdminClient.IssuedKey key = admin.createKey("client");

      assertThat(call(gateway, key.secret(), "mine/own", "c-1").statusCode()).isEqualTo(200);
      admin.changeKey(key.id(), "{\"status\":\"disabled\"}");
      HttpResponse<String> refused = call(gateway, key.secret(), "mine/own", "c-2");

      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).contains("invalid_api_key", "disabled");
      admin.changeKey(key.id(), "{\"status\":\"active\"}");
      assertThat(call(gateway, key.secret(), "mine/own", "c-3").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void finishesAStreamThatRunsWhenItIsToldToStop() throws Exception {
    try (var engine = FakeEngine.start();
        var gateway = serve(Map.of());
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      engine.registerAt(admin);
      String key = admin.createKey("client").secret();
      var response =
          http.send(
              request(gateway.url(), key, "finish-later", true, "s-1"),
              BodyHandlers.ofInputStream());
      try (var body =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        assertThat(body.readLine()).startsWith("data: {");

        gateway.terminate();
        awaitRefusal(gateway.port());
        engine.goOn();

        assertThat(body.lines().filter(line -> !line.isBlank()).toList())
            .hasSizeGreaterThan(5)
            .last()
            .isEqualTo("data: [DONE]");
      }
      assertThat(gateway.exitCode()).as(gateway.complaint()).isZero();
    }
  }

  @Test
  void remembersKeysModelsAndUsedTokensWhenItWasKilled() throws Exception {
    JsonNode keys;
    JsonNode models;
    AdminClient.IssuedKey key;
    try (var gateway = serve(Map.of());
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      admin.createModel(
          "{\"name\":\"far\",\"backend\":\"vllm\",\"base_url\":\"http://127.0.0.1:1\",\"api_key\":\"s3cret\"}");
      key = admin.createKey("client");
      assertThat(call(gateway, key.secret(), "echo", "k-1").statusCode()).isEqualTo(200);
      keys = admin.keys();
      models = admin.models();
      assertThat(admin.key(key.id()).get("used_tokens").longValue()).isPositive();
      gateway.kill();
    }

    try (var gateway = serve(Map.of());
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      assertThat(admin.keys()).isEqualTo(keys);
      assertThat(admin.models()).isEqualTo(models);
      assertThat(call(gateway, key.secret(), "echo", "k-2").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesASecondProcessOnTheSameDatabase() throws Exception {
    try (var first = serve(Map.of())) {
      assertThat(first.port()).isPositive();
      try (var second = serve(Map.of())) {
        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(theSentence(second)).contains("modelgate.db");
      }
      assertThat(health(first)).isEqualTo(200);
    }
  }

  @Test
  void saysThatItsPortIsTaken() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var gateway = serve(Map.of("MG_SERVER_PORT", String.valueOf(taken.getLocalPort())))) {
      assertThat(gateway.exitCode()).isEqualTo(1);
      assertThat(theSentence(gateway)).contains(String.valueOf(taken.getLocalPort()));
    }
  }

  @Test
  void listsAllThatIsWrongWithItsSettings() throws Exception {
    try (var gateway =
        serve(
            Map.of(
                "MG_SERVER_PORT", "99999",
                "MG_TIMEOUT", "soon",
                "MG_LOG_FORMAT", "xml",
                "MG_ADMIN_API_KEY", "short-secret"))) {
      assertThat(gateway.exitCode()).isEqualTo(2);
      assertThat(gateway.complaint())
          .contains("server.port: 99999", "0 to 65535")
          .contains("timeout: soon", "duration")
          .contains("log.format: xml", "text, json")
          .contains("admin.api-key", "16 to 4096")
          .doesNotContain("short-secret", "\tat ");
    }
  }

  @Test
  void knowsItsVersionAndItsOptions() throws Exception {
    try (var version = GatewayProcess.run(folder, Map.of(), "--version");
        var help = GatewayProcess.run(folder, Map.of(), "serve", "--help");
        var wrong = GatewayProcess.run(folder, Map.of(), "fly")) {
      assertThat(version.exitCode()).isZero();
      assertThat(version.said()).matches("modelgate \\d+\\.\\d+\\.\\d+ \\(java 25.*\\)");
      assertThat(help.exitCode()).isZero();
      assertThat(help.said()).contains("--config", "SIGTERM");
      assertThat(wrong.exitCode()).isEqualTo(2);
      assertThat(wrong.complaint()).contains("fly");
    }
  }

  @Test
  void makesAnAdminKeyAndSaysWhereItIsButNotWhat() throws Exception {
    var settings = new HashMap<>(settings());
    settings.remove("MG_ADMIN_API_KEY");
    try (var gateway = GatewayProcess.run(folder, settings, "serve")) {
      assertThat(gateway.port()).isPositive();
      Path file = folder.resolve("data/admin-key");
      String adminKey = Files.readString(file).strip();

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      try (var admin = new AdminClient(gateway.url(), adminKey)) {
        assertThat(admin.createKey("first").secret()).startsWith("sk-mg-");
      }
      gateway.terminate();
      assertThat(gateway.exitCode()).isZero();
      assertThat(gateway.said()).contains(file.toString());
      assertThat(gateway.said() + gateway.complaint()).doesNotContain(adminKey, "sk-mg-");
    }
  }

  @ParameterizedTest
  @EnumSource(Logging.Format.class)
  void logsOneLineForEachCallAndNoSecretInAny(Logging.Format format) throws Exception {
    try (var gateway = serve(Map.of("MG_LOG_FORMAT", lowerCase(format), "MG_LOG_LEVEL", "debug"));
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      AdminClient.IssuedKey key = admin.createKey("logged");
      String demoKey = Files.readString(folder.resolve("data/demo-key")).strip();
      assertThat(call(gateway, key.secret(), "echo", "id-whole").statusCode()).isEqualTo(200);
      assertThat(stream(gateway, demoKey, "id-stream")).endsWith("data: [DONE]\n\n");
      assertThat(call(gateway, key.secret(), "nope", "id-404").statusCode()).isEqualTo(404);
      String wrongKey = "sk-mg-0123456789012345678901234567890123456789012";
      assertThat(call(gateway, wrongKey, "echo", "id-401").statusCode()).isEqualTo(401);
      gateway.terminate();
      assertThat(gateway.exitCode()).isZero();

      assertThat(gateway.said() + gateway.complaint())
          .doesNotContain("sk-mg-", key.secret().substring(6), demoKey.substring(6))
          .doesNotContain(wrongKey.substring(6), ADMIN_KEY, PROMPT);
      switch (format) {
        case TEXT -> {
          assertThat(theLine(gateway, "request_id=id-whole"))
              .contains("status=200", "path=/v1/chat/completions", "model=echo", key.id());
          assertThat(theLine(gateway, "request_id=id-stream")).contains("status=200");
          assertThat(theLine(gateway, "request_id=id-404")).contains("status=404", key.id());
          assertThat(theLine(gateway, "request_id=id-401")).contains("status=401");
        }
        case JSON -> {
          JsonNode line = theJsonLine(gateway, "id-whole");
          assertThat(line.get("status").intValue()).isEqualTo(200);
          assertThat(line.get("method").textValue()).isEqualTo("POST");
          assertThat(line.get("path").textValue()).isEqualTo("/v1/chat/completions");
          assertThat(line.get("client_ip").textValue()).isEqualTo("127.0.0.1");
          assertThat(line.get("model").textValue()).isEqualTo("echo");
          assertThat(line.toString()).contains(key.id(), "\"logged\"");
          assertThat(line.get("bytes_out").longValue()).isPositive();
          assertThat(theJsonLine(gateway, "id-stream").get("status").intValue()).isEqualTo(200);
          assertThat(theJsonLine(gateway, "id-404").get("status").intValue()).isEqualTo(404);
          assertThat(theJsonLine(gateway, "id-401").get("status").intValue()).isEqualTo(401);
        }
      }
    }
  }

  private GatewayProcess serve(Map<String, String> more) throws IOException {
    var settings = new HashMap<>(settings());
    settings.putAll(more);
    return GatewayProcess.run(folder, settings, "serve");
  }

  private static Map<String, String> settings() {
    return Map.of(
        "MG_SERVER_HOST", "127.0.0.1",
        "MG_SERVER_PORT", "0",
        "MG_DATABASE_PATH", "data/modelgate.db",
        "MG_ADMIN_API_KEY", ADMIN_KEY,
        "MG_DEMO", "true",
        // Not whatever else runs on this machine.
        "MG_ADAPTERS_OLLAMA_BASE_URL", "http://127.0.0.1:1",
        "MG_ADAPTERS_VLLM_BASE_URL", "http://127.0.0.1:1",
        "MG_ADAPTERS_LLAMACPP_BASE_URL", "http://127.0.0.1:1",
        "MG_ADAPTERS_ECHO_PACE", "1ms");
  }

  private HttpResponse<String> call(GatewayProcess gateway, String key, String model, String id)
      throws IOException, InterruptedException {
    return http.send(request(gateway.url(), key, model, false, id), BodyHandlers.ofString());
  }

  private String stream(GatewayProcess gateway, String key, String id)
      throws IOException, InterruptedException {
    return http.send(request(gateway.url(), key, "echo", true, id), BodyHandlers.ofString()).body();
  }

  private static HttpRequest request(
      String url, String key, String model, boolean stream, String requestId) {
    String body =
        """
        {"model":"%s","stream":%s,"messages":[{"role":"user","content":"%s"}]}"""
            .formatted(model, stream, PROMPT);
    return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + key)
        .header("Content-Type", "application/json")
        .header("x-request-id", requestId)
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private int health(GatewayProcess gateway) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(gateway.url() + "/health/ready")).build();
    return http.send(request, BodyHandlers.discarding()).statusCode();
  }

  /** Knocks until nobody opens: from then on it is stopping. */
  private static void awaitRefusal(int port) throws IOException {
    long patience = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (System.nanoTime() < patience) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(50);
        socket.getInputStream().read();
      } catch (ConnectException _) {
        return;
      } catch (SocketException | SocketTimeoutException _) {
        // still accepting, or closing just now
      }
    }
    throw new AssertionError("it still accepts connections");
  }

  private static String theSentence(GatewayProcess gateway) {
    List<String> lines = gateway.complaint().lines().toList();
    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst()).startsWith("ModelGate cannot start: ");
    return lines.getFirst();
  }

  private static String theLine(GatewayProcess gateway, String text) {
    List<String> found =
        gateway.lines().stream()
            .filter(line -> line.contains(" io.modelgate.calls ") && line.contains(text))
            .toList();
    assertThat(found).as(gateway.said()).hasSize(1);
    return found.getFirst();
  }

  /** Every line must be JSON, not only this one. */
  private static JsonNode theJsonLine(GatewayProcess gateway, String requestId) throws IOException {
    List<JsonNode> found = new ArrayList<>();
    for (String text : gateway.lines()) {
      JsonNode line = JSON.readTree(text);
      assertThat(line.isObject()).as(text).isTrue();
      if (line.get("logger").textValue().equals("io.modelgate.calls")
          && line.path("request_id").asText().equals(requestId)) {
        found.add(line);
      }
    }
    assertThat(found).as(gateway.said()).hasSize(1);
    return found.getFirst();
  }

  private static String lowerCase(Logging.Format format) {
    return format.name().toLowerCase(Locale.ROOT);
  }
}
