package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The shipped program with the admin key that it made itself: how it is found and replaced. */
@Timeout(120)
class AdminKeyIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    http.close();
  }

  private GatewayProcess run(Map<String, String> more, String... arguments) throws IOException {
    var settings =
        new HashMap<>(
            Map.of("MG_SERVER_HOST", "127.0.0.1", "MG_SERVER_PORT", "0", "MG_DEMO", "true"));
    settings.putAll(more);
    return GatewayProcess.run(folder, settings, arguments);
  }

  private Path keyFile() {
    return folder.resolve("data/admin-key");
  }

  private String keptKey() throws IOException {
    return Files.readString(keyFile());
  }

  /** A login from a page. */
  private record Page(String cookie, String token) {}

  private HttpResponse<String> send(HttpRequest.Builder request, String url, String path)
      throws Exception {
    return http.send(
        request.uri(URI.create(url + path)).timeout(Duration.ofSeconds(20)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> tryToLogIn(String url, String key) throws Exception {
    return send(
        HttpRequest.newBuilder().POST(BodyPublishers.ofString("{\"key\":\"" + key + "\"}")),
        url,
        "/admin/api/session");
  }

  private Page logIn(String url, String key) throws Exception {
    HttpResponse<String> reply = tryToLogIn(url, key);
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    JsonNode session = JSON.readTree(reply.body());
    assertThat(session.path("admin_key_rotatable").asBoolean()).isTrue();
    return new Page(
        reply.headers().firstValue("set-cookie").orElseThrow().split(";", 2)[0],
        session.path("csrf_token").asText());
  }

  private int list(String url, Page page) throws Exception {
    return send(HttpRequest.newBuilder().header("Cookie", page.cookie()), url, "/admin/api/keys")
        .statusCode();
  }

  private int list(String url, String key) throws Exception {
    return send(
            HttpRequest.newBuilder().header("Authorization", "Bearer " + key),
            url,
            "/admin/api/keys")
        .statusCode();
  }

  @Test
  void theAdminKeyIsReplacedAtOnceAlsoInItsFileAndForTheNextStart() throws Exception {
    String before;
    String fresh;
    try (var gateway = run(Map.of(), "serve")) {
      String url = gateway.url();
      before = keptKey().strip();
      Page page = logIn(url, before);
      Page other = logIn(url, before);

      HttpResponse<String> rotated =
          send(
              HttpRequest.newBuilder()
                  .header("Cookie", page.cookie())
                  .header("X-CSRF-Token", page.token())
                  .POST(BodyPublishers.noBody()),
              url,
              "/admin/api/admin-key/rotate");

      assertThat(rotated.statusCode()).as(rotated.body()).isEqualTo(200);
      fresh = JSON.readTree(rotated.body()).path("key").asText();
      assertThat(fresh).startsWith("mg-admin-").isNotEqualTo(before);
      assertThat(keptKey()).isEqualTo(fresh + "\n");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile())))
          .isEqualTo("rw-------");
      assertThat(folder.resolve("data/admin-key.new")).doesNotExist();
      assertThat(tryToLogIn(url, before).statusCode()).isEqualTo(401);
      assertThat(list(url, before)).isEqualTo(401);
      assertThat(list(url, other)).as("another login of the old key").isEqualTo(401);
      assertThat(list(url, page)).as("the login that replaced it").isEqualTo(200);
      assertThat(list(url, fresh)).isEqualTo(200);
      assertThat(list(url, logIn(url, fresh))).isEqualTo(200);
      HttpResponse<String> audit =
          send(
              HttpRequest.newBuilder().header("Authorization", "Bearer " + fresh),
              url,
              "/admin/api/audit?kind=admin_key");
      assertThat(JSON.readTree(audit.body()).path("data"))
          .singleElement()
          .satisfies(
              change -> {
                assertThat(change.path("action").asText()).isEqualTo("rotate");
                assertThat(change.path("actor").asText()).isEqualTo("admin");
              });
      gateway.terminate();
      assertThat(gateway.exitCode()).isZero();
      assertThat(gateway.said() + gateway.complaint() + audit.body()).doesNotContain(before, fresh);
    }

    try (var gateway = run(Map.of(), "serve")) {
      assertThat(list(gateway.url(), fresh)).isEqualTo(200);
      assertThat(list(gateway.url(), before)).isEqualTo(401);
    }
  }

  @Test
  void theCommandLineFindsTheKeyThatLiesBesideTheDatabase() throws Exception {
    try (var gateway = run(Map.of(), "serve")) {
      var server = Map.of("MODELGATE_SERVER", gateway.url());
      String secret;
      try (var create = run(server, "key", "create", "demo", "--output", "json")) {
        assertThat(create.exitCode()).as(create.complaint()).isZero();
        secret = JSON.readTree(create.said()).path("key").asText();
      }
      var call =
          HttpRequest.newBuilder()
              .header("Authorization", "Bearer " + secret)
              .POST(
                  BodyPublishers.ofString(
                      "{\"model\":\"echo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));
      assertThat(send(call, gateway.url(), "/v1/chat/completions").statusCode()).isEqualTo(200);

      var wrong =
          Map.of("MODELGATE_SERVER", gateway.url(), "MODELGATE_ADMIN_KEY", "wrong-key-altogether");
      try (var list = run(wrong, "key", "list")) {
        assertThat(list.exitCode()).isEqualTo(3);
        assertThat(list.said()).isEmpty();
        assertThat(list.complaint().lines()).hasSize(1);
      }
    }
  }

  @Test
  void aFileOfSettingsIsCheckedAsServeWouldReadIt() throws Exception {
    Path good = Files.writeString(folder.resolve("good.yaml"), "server:\n  port: 18081\n");
    Path bad =
        Files.writeString(
            folder.resolve("bad.yaml"), "server:\n  port: none\ntimeout: never\ntimeouts: 1s\n");

    try (var fine = run(Map.of(), "config", "check", good.toString());
        var faulty = run(Map.of(), "config", "check", bad.toString());
        var missing = run(Map.of(), "config", "check", folder.resolve("none.yaml").toString())) {
      assertThat(fine.exitCode()).as(fine.complaint()).isZero();
      assertThat(fine.said()).contains("good.yaml is fine.");
      assertThat(faulty.exitCode()).isEqualTo(2);
      assertThat(faulty.said()).isEmpty();
      assertThat(faulty.complaint()).contains("bad.yaml", "timeout: never", "timeouts");
      assertThat(missing.exitCode()).isEqualTo(2);
      assertThat(missing.complaint()).contains("none.yaml");
    }
  }
}
