package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.await;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several targets, dead ones, busy ones, and what clients see of it, over real sockets. */
class RoutingIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WHOLE =
      "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
          + "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],"
          + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}";
  private static final String EVENT_STREAM =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
  private static final String STREAMED =
      "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},"
          + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n"
          + "data: [DONE]\n\n";

  @TempDir Path folder = Path.of("unset");

  private final HttpClient http = HttpClient.newHttpClient();
  private final ScriptedBackend first = ScriptedBackend.start();
  private final ScriptedBackend second = ScriptedBackend.start();
  private GatewayFixture gateway;
  private IssuedKey key;

  @BeforeEach
  void start() {
    gateway = gateway(Map.of());
    key = gateway.admin().createKey("routed");
  }

  private GatewayFixture gateway(Map<String, String> more) {
    var environment =
        new HashMap<>(Map.of("MG_ROUTING_BACKOFF", "10ms", "MG_ROUTING_MAX_ATTEMPTS", "3"));
    environment.putAll(more);
    return GatewayFixture.start(folder, environment);
  }

  /** The same database with other settings. */
  private void restart(Map<String, String> more) {
    gateway.close();
    gateway = gateway(more);
  }

  @AfterEach
  void stop() throws IOException {
    gateway.close();
    first.close();
    second.close();
    http.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDeadTargetCostsClientsNothing(boolean stream) throws Exception {
    first.close();
    second.onRequest(send(stream ? EVENT_STREAM + STREAMED : whole(WHOLE)), hangUp());
    model("m", target(first, 0), target(second, 1));

    HttpResponse<String> reply = call("m", stream);

    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.body()).contains("Hi");
    gateway.close();
    assertThat(attempts()).containsExactly("1 vllm " + first.baseUrl() + " unreachable null");
    assertThat(usage("base_url")).isEqualTo(second.baseUrl().toString());
    assertThat(usage("prompt_tokens + completion_tokens")).isEqualTo("4");
  }

  @Test
  void aStreamThatBeginsWithAnErrorHasNotBegun() throws Exception {
    first.onRequest(
        send(EVENT_STREAM + ": wait\n\ndata: {\"error\":{\"message\":\"engine dead\"}}\n\n"),
        hangUp());
    second.onRequest(send(EVENT_STREAM + STREAMED), hangUp());
    model("m", target(first, 0), target(second, 1));

    HttpResponse<String> reply = call("m", true);

    assertThat(reply.body()).isEqualTo(STREAMED);
    gateway.close();
    assertThat(attempts()).containsExactly("1 vllm " + first.baseUrl() + " reported null");
  }

  @Test
  void aStreamThatHadContentBeforeItsErrorIsNotMadeAgain() throws Exception {
    String content =
        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},"
            + "\"finish_reason\":null}]}\n\n";
    first.onRequest(
        send(EVENT_STREAM + content.repeat(50) + "data: {\"error\":{\"message\":\"late\"}}\n\n"),
        hangUp());
    model("m", target(first, 0), target(second, 1));

    HttpResponse<String> reply = call("m", true);

    assertThat(reply.body()).startsWith(content.repeat(50)).contains("late");
    assertThat(first.requests()).hasSize(1);
    assertThat(second.requests()).isEmpty();
    gateway.close();
    assertThat(Integer.parseInt(usage("completion_tokens"))).isGreaterThanOrEqualTo(50);
  }

  @Test
  void aTargetThatAsksForMoreTimeThanTheCallHasIsNotWaitedFor() throws Exception {
    first.onRequest(send(reply(429, "Retry-After: 3\r\n", "{\"error\":{\"message\":\"slow\"}}")));
    gateway
        .admin()
        .createModel("{\"name\":\"m\",\"timeout\":\"2s\",\"targets\":[" + target(first, 0) + "]}");

    HttpResponse<String> reply = call("m", false);

    assertThat(reply.statusCode()).isEqualTo(429);
    assertThat(reply.headers().firstValue("retry-after")).contains("3");
    assertThat(first.requests()).hasSize(1);
  }

  @Test
  void aTargetThatIsNotReadyYetIsAskedAgain() throws Exception {
    first.onRequest(send(reply(503, "", "{\"error\":{\"message\":\"Loading model\"}}")));
    first.onRequest(send(reply(503, "", "{\"error\":{\"message\":\"Loading model\"}}")));
    first.onRequest(send(whole(WHOLE)));
    model("m", target(first, 0));

    assertThat(call("m", false).statusCode()).isEqualTo(200);

    gateway.close();
    assertThat(attempts())
        .containsExactly(
            "1 vllm " + first.baseUrl() + " rejected 503",
            "2 vllm " + first.baseUrl() + " rejected 503");
  }

  @Test
  void aBusyTargetIsGivenTheTimeItAsksFor() throws Exception {
    first.onRequest(send(reply(429, "Retry-After: 1\r\n", "{\"error\":{\"message\":\"slow\"}}")));
    first.onRequest(send(whole(WHOLE)));
    model("m", target(first, 0));
    long began = System.nanoTime();

    assertThat(call("m", false).statusCode()).isEqualTo(200);

    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void aCallThatMayHaveBeenWorkedOnIsNotRepeatedUnlessWanted() throws Exception {
    first.onRequest(hangUp());
    first.onRequest(hangUp());
    second.onRequest(send(whole(WHOLE)));
    model("m", target(first, 0), target(second, 1));

    HttpResponse<String> reply = call("m", false);

    assertThat(reply.statusCode()).isEqualTo(502);
    assertThat(reply.body()).contains("hung up before it replied");
    assertThat(second.requests()).isEmpty();

    restart(Map.of("MG_ROUTING_RETRY_AMBIGUOUS", "true"));
    assertThat(call("m", false).statusCode()).isEqualTo(200);
  }

  @Test
  void anotherModelStandsInAndSaysSo() throws Exception {
    first.close();
    second.onRequest(send(whole(WHOLE)));
    model("spare", target(second, 0));
    gateway
        .admin()
        .createModel(
            "{\"name\":\"m\",\"targets\":["
                + target(first, 0)
                + "],\"fallback_models\":[\"spare\"]}");

    HttpResponse<String> reply = call("m", false);

    assertThat(reply.headers().firstValue("x-modelgate-model")).contains("spare");
    assertThat(JSON.readTree(reply.body()).path("model").asText()).isEqualTo("m");
    assertThat(JSON.readTree(second.requests().getFirst().body()).path("model").asText())
        .isEqualTo("spare");
  }

  @Test
  void aFullLineIsAProper429() throws Exception {
    restart(Map.of("MG_ADAPTERS_VLLM_MAX_CONCURRENT", "1", "MG_ADAPTERS_VLLM_MAX_QUEUE", "0"));
    var answer = new CountDownLatch(1);
    first.onRequest(await(answer), send(whole(WHOLE)));
    model("m", target(first, 0));
    CompletableFuture<HttpResponse<String>> running = callLater("m", false);
    awaitRunning(1);

    HttpResponse<String> refused = call("m", true);

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).contains("1");
    assertThat(JSON.readTree(refused.body()).at("/error/code").asText()).isEqualTo("model_busy");
    answer.countDown();
    assertThat(running.get().statusCode()).isEqualTo(200);
    awaitRunning(0);
  }

  @Test
  void callsThatWaitAreServedInTurn() throws Exception {
    restart(Map.of("MG_ADAPTERS_VLLM_MAX_CONCURRENT", "1"));
    var answer = new CountDownLatch(1);
    first.onRequest(await(answer), send(whole(WHOLE)));
    first.onRequest(send(whole(WHOLE)));
    model("m", target(first, 0));
    CompletableFuture<HttpResponse<String>> running = callLater("m", false);
    awaitRunning(1);
    CompletableFuture<HttpResponse<String>> waiting = callLater("m", false);
    awaitBackend("waiting", 1);

    answer.countDown();

    assertThat(running.get().statusCode()).isEqualTo(200);
    assertThat(waiting.get().statusCode()).isEqualTo(200);
    gateway.close();
    assertThat(usage("max(waited_us) > 0")).isEqualTo("1");
  }

  @Test
  void anEarlyHeadAndCommentsKeepAWaitingStreamAlive() throws Exception {
    restart(Map.of("MG_STREAM_EARLY_HEADERS", "true", "MG_STREAM_KEEP_ALIVE", "50ms"));
    var answer = new CountDownLatch(1);
    first.onRequest(await(answer), send(EVENT_STREAM + STREAMED), hangUp());
    model("m", target(first, 0));

    HttpResponse<InputStream> reply = http.send(request("m", true), BodyHandlers.ofInputStream());

    assertThat(reply.statusCode()).isEqualTo(200);
    try (var lines =
        new BufferedReader(new InputStreamReader(reply.body(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < 3; i++) {
        assertThat(lines.readLine()).isEqualTo(": keep-alive");
        assertThat(lines.readLine()).isEmpty();
      }
      answer.countDown();
      assertThat(lines.lines().filter(line -> !line.startsWith(":")).toList())
          .contains("data: [DONE]");
    }
  }

  @Test
  void whatFailsAfterAnEarlyHeadIsAnEvent() throws Exception {
    restart(Map.of("MG_STREAM_EARLY_HEADERS", "true"));
    first.close();
    model("m", target(first, 0));

    HttpResponse<String> reply = call("m", true);

    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.body()).contains("upstream_unavailable").doesNotContain("[DONE]");
    assertThat(call("m", false).statusCode()).isEqualTo(502);
  }

  @Test
  void aTargetThatFailsAgainAndAgainIsLeftAlone() throws Exception {
    restart(Map.of("MG_ROUTING_MAX_ATTEMPTS", "1", "MG_BREAKER_FAILURES", "2"));
    first.close();
    model("m", target(first, 0));
    assertThat(call("m", false).statusCode()).isEqualTo(502);
    assertThat(call("m", false).statusCode()).isEqualTo(502);

    HttpResponse<String> refused = call("m", false);

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    JsonNode backends = gateway.admin().backends();
    assertThat(backends.findValuesAsText("breaker")).containsOnlyOnce("open");
    assertThat(backends.findValuesAsText("failures")).contains("2");
    assertThat(gateway.admin().metrics())
        .contains("modelgate_target_breaker{backend=\"vllm\",model=\"m\",target=\"1\"} 2.0")
        .contains("modelgate_target_failures_total{backend=\"vllm\",model=\"m\",target=\"1\"} 2.0")
        .doesNotContain(String.valueOf(first.port()));
  }

  @Test
  void enginesAreAskedHowTheyAre() throws Exception {
    first.whenOutOfScripts(
        () -> first.onRequest(send(reply(503, "", "{\"error\":{\"message\":\"Loading model\"}}"))));
    restart(Map.of("MG_HEALTH_INTERVAL", "50ms"));
    model("m", target(first, 0));

    awaitBackend("health", "loading");

    assertThat(first.requests().getFirst().head()).startsWith("GET /health HTTP/1.1");
  }

  private void model(String name, String... targets) {
    gateway
        .admin()
        .createModel("{\"name\":\"" + name + "\",\"targets\":[" + String.join(",", targets) + "]}");
  }

  private static String target(ScriptedBackend backend, int priority) {
    return "{\"backend\":\"vllm\",\"base_url\":\""
        + backend.baseUrl()
        + "\",\"priority\":"
        + priority
        + "}";
  }

  private HttpResponse<String> call(String model, boolean stream) throws Exception {
    return http.send(request(model, stream), BodyHandlers.ofString());
  }

  private CompletableFuture<HttpResponse<String>> callLater(String model, boolean stream) {
    return http.sendAsync(request(model, stream), BodyHandlers.ofString());
  }

  private HttpRequest request(String model, boolean stream) {
    return HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
        .header("Authorization", "Bearer " + key.secret())
        .POST(
            BodyPublishers.ofString(
                "{\"model\":\""
                    + model
                    + "\",\"stream\":"
                    + stream
                    + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"))
        .build();
  }

  private void awaitRunning(int calls) throws InterruptedException {
    awaitBackend("running", calls);
  }

  private void awaitBackend(String field, Object value) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!gateway.admin().backends().findValuesAsText(field).contains(value.toString())) {
      assertThat(System.nanoTime()).as(field + " should be " + value + " by now").isLessThan(end);
      Thread.sleep(5);
    }
  }

  private List<String> attempts() {
    return select(
        "SELECT number || ' ' || backend || ' ' || base_url || ' ' || failure || ' ' ||"
            + " coalesce(status, 'null') FROM failed_attempts ORDER BY sequence, number");
  }

  private String usage(String expression) {
    return select("SELECT " + expression + " FROM usage WHERE outcome <> 'refused'").getFirst();
  }

  private List<String> select(String query) {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("modelgate.db"));
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static String whole(String body) {
    return reply(200, "", body);
  }

  private static String reply(int status, String headers, String body) {
    return "HTTP/1.1 "
        + status
        + " Said\r\nContent-Type: application/json\r\n"
        + headers
        + "Content-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }
}
