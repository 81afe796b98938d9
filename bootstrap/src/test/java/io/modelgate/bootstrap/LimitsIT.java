package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.bootstrap.AdminClient.IssuedKey;
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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the holder of a key meets when it comes to the key's limits and to its quota. */
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class LimitsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LONG_TEXT = "one two three four five ".repeat(40);

  private final HttpClient http = HttpClient.newHttpClient();
  private final HonestEngine engine = HonestEngine.start(Duration.ofMillis(1));
  private Path folder = Path.of("unset");

  @SuppressWarnings("NullAway.Init")
  private GatewayFixture gateway;

  @BeforeAll
  void start(@TempDir Path data) {
    folder = data;
    gateway = GatewayFixture.start(data);
    gateway
        .admin()
        .createModel(
            "{\"name\":\"m\",\"backend\":\"vllm\",\"base_url\":\"" + engine.baseUrl() + "\"}");
  }

  @AfterAll
  void stop() {
    gateway.close();
    engine.close();
    http.close();
  }

  @Test
  void threeCallsAMinuteAndTheFourthGetsThroughAfterTheWaitItWasTold() throws Exception {
    IssuedKey key = gateway.admin().createKey("three", "\"rpm\":3,\"burst\":3");
    for (int call = 0; call < 3; call++) {
      HttpResponse<String> served = echo(key, "\"stream\":false");
      assertThat(served.statusCode()).isEqualTo(200);
      assertThat(header(served, "x-ratelimit-limit-requests")).isEqualTo("3");
      assertThat(header(served, "x-ratelimit-remaining-requests")).isEqualTo("" + (2 - call));
    }

    HttpResponse<String> refused = echo(key, "\"stream\":false");

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(error(refused).get("code").asText()).isEqualTo("rate_limit_exceeded");
    assertThat(error(refused).get("message").asText())
        .contains("requests per minute (rpm)", "limit 3", "used 3", "try again in");
    assertThat(Integer.parseInt(header(refused, "retry-after"))).isBetween(18, 20);
    assertThat(Integer.parseInt(header(refused, "retry-after-ms"))).isBetween(17_000, 20_000);

    // 600 a minute now: the wait it is told is one that a test can wait for
    gateway.admin().changeKey(key.id(), "{\"rpm\":600,\"burst\":1}");
    HttpResponse<String> told = echo(key, "\"stream\":false");
    while (told.statusCode() == 200) {
      told = echo(key, "\"stream\":false");
    }
    Thread.sleep(Integer.parseInt(header(told, "retry-after-ms")));
    assertThat(echo(key, "\"stream\":false").statusCode()).isEqualTo(200);
  }

  @Test
  void aStreamEndsWhereTheQuotaDoesAndTheNextCallIsRefused() throws Exception {
    IssuedKey key = gateway.admin().createKey("poor", "\"quota_tokens\":100");

    HttpResponse<String> cut =
        call(
            key,
            "{\"model\":\"echo\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[{\"role\":\"user\",\"content\":\""
                + "two words ".repeat(8)
                + "\"}],\"n\":4}");
    HttpResponse<String> refused = echo(key, "\"stream\":true");
    JsonNode usage = usage(key);

    List<JsonNode> events = events(cut.body());
    assertThat(cut.statusCode()).isEqualTo(200);
    assertThat(cut.body()).endsWith("data: [DONE]\n\n");
    assertThat(events.stream().filter(event -> finish(event).equals("length")).count())
        .as("one finish for each choice")
        .isEqualTo(4);
    long told = events.getLast().at("/usage/total_tokens").asLong();
    assertThat(told).isBetween(60L, 100L);
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(error(refused).get("code").asText()).isEqualTo("insufficient_quota");
    assertThat(refused.headers().firstValue("retry-after")).isEmpty();
    assertThat(header(refused, "x-should-retry")).isEqualTo("false");
    assertThat(usage.at("/quota/limit").asLong()).isEqualTo(100);
    assertThat(usage.at("/quota/used").asLong()).isEqualTo(told);
    assertThat(usage.at("/quota/reserved").asLong()).isZero();
    assertThat(usage.at("/quota/left").asLong()).isEqualTo(100 - told);
    assertThat(usage.at("/today/total_tokens").asLong()).isEqualTo(told);
    assertThat(usage.at("/period/0/model").asText()).isEqualTo("echo");
    assertThat(usage.at("/period/0/total_tokens").asLong()).isEqualTo(told);
  }

  @Test
  void twoHundredCallsAtOnceDoNotOverdrawAThousandTokens() throws Exception {
    IssuedKey key = gateway.admin().createKey("crowded", "\"rpm\":null,\"quota_tokens\":1000");
    List<HttpResponse<String>> replies =
        atOnce(
            200,
            call ->
                call(
                    key,
                    "{\"model\":\"m\",\"max_tokens\":20,\"stream\":"
                        + (call % 2 == 0)
                        + ",\"messages\":"
                        + HonestEngine.PROMPT
                        + "}"));

    UsageRows rows = UsageRows.of(folder.resolve("modelgate.db"));
    JsonNode usage = usage(key);
    assertThat(replies).extracting(HttpResponse::statusCode).containsOnly(200, 429);
    assertThat(rows.total(key.id())).isBetween(900L, 1000L);
    assertThat(rows.of(key.id()))
        .hasSize((int) replies.stream().filter(reply -> reply.statusCode() == 200).count());
    assertThat(usage.at("/quota/used").asLong()).isEqualTo(rows.total(key.id()));
    assertThat(usage.at("/quota/reserved").asLong()).isZero();
  }

  @Test
  void twentyUnboundedCallsAtOnceAreAllServedOnAFreshKey() throws Exception {
    IssuedKey key = gateway.admin().createKey("fresh", "\"rpm\":null");

    List<HttpResponse<String>> replies = atOnce(20, _ -> echo(key, "\"stream\":true"));

    assertThat(replies).extracting(HttpResponse::statusCode).containsOnly(200);
  }

  @Test
  void aSecondCallAtTheSameTimeIsRefusedWhereOneIsAllowed() throws Exception {
    IssuedKey key = gateway.admin().createKey("single", "\"rpm\":null,\"max_concurrent\":1");

    List<HttpResponse<String>> replies =
        atOnce(8, _ -> call(key, "{\"model\":\"m\",\"messages\":" + HonestEngine.PROMPT + "}"));

    assertThat(replies).extracting(HttpResponse::statusCode).contains(200, 429);
    HttpResponse<String> refused =
        replies.stream().filter(reply -> reply.statusCode() == 429).findFirst().orElseThrow();
    assertThat(error(refused).get("message").asText()).contains("max_concurrent", "limit 1");
    assertThat(header(refused, "retry-after")).isEqualTo("1");
    assertThat(echo(key, "\"stream\":false").statusCode()).as("the place is free").isEqualTo(200);
  }

  @Test
  void aKeyThatMayCallNeverIsNotToldToComeAgain() throws Exception {
    IssuedKey key = gateway.admin().createKey("never", "\"rpm\":0");

    HttpResponse<String> refused = echo(key, "\"stream\":false");

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).isEmpty();
    assertThat(header(refused, "x-should-retry")).isEqualTo("false");
  }

  @Test
  void tokensAMinuteAreReservedAndThenCountedAsTheyCame() throws Exception {
    IssuedKey key = gateway.admin().createKey("tpm", "\"rpm\":null,\"tpm\":1000");
    String bounded = "{\"model\":\"m\",\"max_tokens\":10,\"messages\":" + HonestEngine.PROMPT + "}";

    HttpResponse<String> first = call(key, bounded);
    HttpResponse<String> second = call(key, bounded);

    assertThat(header(first, "x-ratelimit-limit-tokens")).isEqualTo("1000");
    assertThat(Integer.parseInt(header(first, "x-ratelimit-remaining-tokens"))).isEqualTo(983);
    assertThat(Integer.parseInt(header(second, "x-ratelimit-remaining-tokens")))
        .isBetween(966, 983);
  }

  @Test
  void aRequestWithWrongBoundsIsRefusedOrPassedOnAsItIs() throws Exception {
    IssuedKey key = gateway.admin().createKey("odd", "\"rpm\":null");

    assertThat(call(key, bounded("\"9\"")).statusCode()).isEqualTo(400);
    assertThat(call(key, bounded("1.5")).statusCode()).isEqualTo(400);
    assertThat(call(key, bounded("9223372036854775808")).statusCode()).isEqualTo(200);
    assertThat(call(key, bounded("-1")).statusCode()).isIn(200, 400);
    assertThat(call(key, bounded("0")).statusCode()).isIn(200, 400);
    assertThat(usage(key).at("/quota/reserved").asLong()).isZero();
  }

  private static String bounded(String bound) {
    return "{\"model\":\"m\",\"max_tokens\":"
        + bound
        + ",\"messages\":"
        + HonestEngine.PROMPT
        + "}";
  }

  private interface Calling {
    HttpResponse<String> call(int number) throws IOException, InterruptedException;
  }

  private static List<HttpResponse<String>> atOnce(int count, Calling calling)
      throws InterruptedException {
    var replies = new ConcurrentLinkedQueue<HttpResponse<String>>();
    var failures = new ConcurrentLinkedQueue<Exception>();
    List<Thread> threads =
        IntStream.range(0, count)
            .mapToObj(
                number ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              try {
                                replies.add(calling.call(number));
                              } catch (IOException | InterruptedException e) {
                                failures.add(e);
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
    return new ArrayList<>(replies);
  }

  private HttpResponse<String> echo(IssuedKey key, String fields)
      throws IOException, InterruptedException {
    return call(
        key,
        "{\"model\":\"echo\","
            + fields
            + ",\"messages\":[{\"role\":\"user\",\"content\":\""
            + LONG_TEXT
            + "\"}]}");
  }

  private HttpResponse<String> call(IssuedKey key, String body)
      throws IOException, InterruptedException {
    return http.send(
        request("/v1/chat/completions", key).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private JsonNode usage(IssuedKey key) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(request("/v1/usage", key).GET().build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private HttpRequest.Builder request(String path, IssuedKey key) {
    return HttpRequest.newBuilder(URI.create(gateway.url() + path))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + key.secret());
  }

  private static String header(HttpResponse<String> response, String name) {
    return response
        .headers()
        .firstValue(name)
        .orElseThrow(
            () -> new AssertionError("no " + name + " in " + Map.of(name, response.headers())));
  }

  private static JsonNode error(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body()).get("error");
  }

  private static String finish(JsonNode event) {
    return event.at("/choices/0/finish_reason").asText();
  }

  private static List<JsonNode> events(String body) throws IOException {
    var events = new ArrayList<JsonNode>();
    for (String line : body.lines().filter(text -> text.startsWith("data: {")).toList()) {
      events.add(JSON.readTree(line.substring("data: ".length())));
    }
    return events;
  }
}
