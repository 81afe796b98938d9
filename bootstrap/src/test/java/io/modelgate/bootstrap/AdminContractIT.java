package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.bootstrap.AdminContract.Operation;
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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole admin API as its document describes it, and who may call what: every operation of the
 * document has to be here, and every one is called by everybody.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdminContractIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What to send to each operation; {@code {id}} in a path is filled by {@link #freshId}. */
  private static final Map<String, String> BODIES =
      Map.ofEntries(
          Map.entry("logIn", "{\"key\":\"" + GatewayFixture.ADMIN_KEY + "\"}"),
          Map.entry("createKey", "{\"name\":\"contract\",\"note\":\"n\",\"rpm\":5}"),
          Map.entry("changeKeys", "{\"ids\":[\"key_none\"],\"action\":\"disable\"}"),
          Map.entry("changeKey", "{\"allowed_models\":[\"echo*\"],\"default_model\":\"echo\"}"),
          Map.entry("rotateKey", "{\"grace\":\"1h\"}"),
          Map.entry("createModel", "{\"name\":\"%s\",\"backend\":\"echo\"}"),
          Map.entry("changeModel", "{\"max_output_tokens\":100}"),
          Map.entry("rotateMyKey", "{\"grace\":\"1h\"}"),
          Map.entry(
              "chat", "{\"model\":\"echo\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"));

  private static final Map<String, List<String>> QUERIES =
      Map.of(
          "listKeys", List.of("", "?q=o&status=active&sort=quota_used&order=desc&limit=1"),
          "syncModels", List.of("?dry_run=true"),
          "showUsage", List.of("", "?interval=hour&group_by=model&time_zone=Asia/Kathmandu"),
          "exportUsage", List.of("?group_by=model"),
          "listRequests", List.of("", "?limit=1&status=2xx&outcome=completed"),
          "listChanges", List.of("", "?kind=key&limit=1"));

  private GatewayFixture gateway;
  private AdminContract contract;
  private final HttpClient http = HttpClient.newHttpClient();
  private IssuedKey holder;
  private IssuedKey stranger;

  @BeforeAll
  void call(@TempDir Path folder) throws IOException {
    contract = AdminContract.read();
    gateway = GatewayFixture.start(folder);
    holder = gateway.admin().createKey("holder", "\"rpm\":1000,\"quota_tokens\":100000");
    stranger = gateway.admin().createKey("stranger", "\"rpm\":1000");
    assertThat(
            send("POST", "/playground/chat/completions", BODIES.get("chat"), holder.secret())
                .statusCode())
        .isEqualTo(200);
    assertThat(
            send(
                    "POST",
                    "/playground/chat/completions",
                    "{\"model\":\"none\",\"messages\":[]}",
                    holder.secret())
                .statusCode())
        .isEqualTo(404);
  }

  @AfterAll
  void close() {
    http.close();
    gateway.close();
  }

  private HttpResponse<String> send(
      String method, String path, @Nullable String body, @Nullable String key) {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/admin/api" + path))
            .timeout(Duration.ofSeconds(20))
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(method + " " + path, e);
    }
  }

  private HttpResponse<String> send(Operation operation, String query, @Nullable String key)
      throws IOException {
    String path = operation.path();
    if (path.contains("{id}")) {
      path = path.replace("{id}", freshId(path));
    }
    String body = BODIES.get(operation.id());
    return send(
        operation.method(),
        path + query,
        body == null ? null : body.replace("%s", "m" + System.nanoTime()),
        key);
  }

  /**
   * Of something that may be changed or deleted; of the holder's own call where there is but one.
   */
  private String freshId(String path) throws IOException {
    if (path.startsWith("/keys/")) {
      return gateway.admin().createKey("fresh").id();
    }
    if (path.startsWith("/models/")) {
      String made =
          send(
                  "POST",
                  "/models",
                  "{\"name\":\"m%d\",\"backend\":\"echo\"}".formatted(System.nanoTime()),
                  GatewayFixture.ADMIN_KEY)
              .body();
      return JSON.readTree(made).path("id").asText();
    }
    String calls =
        send("GET", "/requests?key=" + holder.id() + "&limit=1", null, GatewayFixture.ADMIN_KEY)
            .body();
    return JSON.readTree(calls).path("data").path(0).path("id").asText();
  }

  private List<String> faults(Operation operation, HttpResponse<String> reply) throws IOException {
    String type = reply.headers().firstValue("content-type").orElse("");
    return contract.faults(operation, reply.statusCode(), type.replaceAll(";.*", ""), reply.body());
  }

  @Test
  void everyOperationAnswersAsItsDocumentSays() throws IOException {
    var faults = new ArrayList<String>();
    for (Operation operation : contract.operations()) {
      String key = operation.isFor("admin") ? GatewayFixture.ADMIN_KEY : freshHolder().secret();
      for (String query : QUERIES.getOrDefault(operation.id(), List.of(""))) {
        if (!operation.id().equals("rotateAdminKey")) { // 409 here: the key is set
          HttpResponse<String> reply = send(operation, query, key);
          if (reply.statusCode() >= 300) {
            faults.add(operation + query + ": " + reply.statusCode() + " " + reply.body());
          }
          faults.addAll(faults(operation, reply));
        }
      }
    }

    assertThat(faults).isEmpty();
  }

  @Test
  void everyOperationIsForThoseThatItsDocumentNamesAndNobodyElse() throws IOException {
    var wrong = new ArrayList<String>();
    for (Operation operation : contract.operations()) {
      check(operation, "nobody", null, wrong);
      check(operation, "key", freshHolder().secret(), wrong);
      check(operation, "admin", GatewayFixture.ADMIN_KEY, wrong);
    }

    assertThat(wrong).isEmpty();
  }

  private void check(Operation operation, String role, @Nullable String key, List<String> wrong)
      throws IOException {
    HttpResponse<String> reply = send(operation, "", key);
    int status = reply.statusCode();
    boolean right =
        operation.isFor(role)
            ? status != 401 && status != 403
            : status == (key == null ? 401 : 403);
    if (!right) {
      wrong.add(role + ": " + operation + " answered " + status + " " + reply.body());
    }
    wrong.addAll(faults(operation, reply));
  }

  private IssuedKey freshHolder() {
    return gateway.admin().createKey("fresh holder");
  }

  @Test
  void aHolderSeesItsOwnCallsAndNoOthers() throws IOException {
    String id = freshId("/requests/");
    String own = send("GET", "/requests/" + id, null, holder.secret()).body();

    assertThat(JSON.readTree(own).path("key_id").asText()).isEqualTo(holder.id());
    assertThat(send("GET", "/requests/" + id, null, stranger.secret()).statusCode()).isEqualTo(404);
    assertThat(JSON.readTree(send("GET", "/requests", null, stranger.secret()).body()).path("data"))
        .isEmpty();
    assertThat(
            JSON.readTree(send("GET", "/usage", null, stranger.secret()).body())
                .path("totals")
                .path("requests")
                .asInt())
        .isZero();
    for (String query : List.of("/requests?key=", "/usage?key=", "/usage.csv?key=")) {
      assertThat(send("GET", query + holder.id(), null, stranger.secret()).statusCode())
          .as(query)
          .isEqualTo(403);
    }
    assertThat(send("GET", "/usage?group_by=key", null, stranger.secret()).statusCode())
        .isEqualTo(403);
  }

  @Test
  void whatIsChangedIsNotedWithoutSecrets() throws IOException {
    IssuedKey key = gateway.admin().createKey("noted", "\"rpm\":5");
    gateway.admin().changeKey(key.id(), "{\"rpm\":7}");

    String changes = send("GET", "/audit?id=" + key.id(), null, GatewayFixture.ADMIN_KEY).body();

    var latest = JSON.readTree(changes).path("data").path(0);
    assertThat(latest.path("action").asText()).isEqualTo("update");
    assertThat(latest.path("actor").asText()).isEqualTo("admin");
    assertThat(latest.path("client_ip").asText()).isEqualTo("127.0.0.1");
    assertThat(latest.path("before")).hasToString("{\"rpm\":5}");
    assertThat(latest.path("after")).hasToString("{\"rpm\":7}");
    assertThat(changes).doesNotContain(key.secret());
  }
}
