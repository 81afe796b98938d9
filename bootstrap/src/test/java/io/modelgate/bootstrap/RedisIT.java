package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.infrastructure.redis.RedisServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways as they are shipped, each on its own copy of one database, and one real Redis: one
 * limit for both, whatever happens to Redis meanwhile.
 */
@Timeout(180)
class RedisIT {
  private static final String ADMIN_KEY = "admin-key-of-the-redis-test";

  @TempDir Path folder = Path.of("unset");

  private final HttpClient http = HttpClient.newHttpClient();
  private final RedisServerProcess redis = RedisServerProcess.started();
  private final List<GatewayProcess> gateways = new ArrayList<>();
  private final Map<String, IssuedKey> keys = new HashMap<>();

  /** One answer. */
  private record Answer(int status, long millis) {}

  @BeforeEach
  void startTwo() throws IOException {
    Path first = Files.createDirectory(folder.resolve("first"));
    Path second = Files.createDirectory(folder.resolve("second"));
    try (var gateway = start(first, Map.of())) {
      try (var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
        keys.put("slow", admin.createKey("slow", "\"rpm\":20"));
        keys.put("fast", admin.createKey("fast", "\"rpm\":600000,\"burst\":100000"));
        keys.put("few", admin.createKey("few", "\"rpm\":null,\"max_concurrent\":4"));
      }
      gateway.terminate();
      assertThat(gateway.exitCode()).isZero();
    }
    copy(first.resolve("data"), second.resolve("data"));
    var shared =
        Map.of("MG_RATE_LIMIT_STORE", "redis", "MG_REDIS_ADDR", "127.0.0.1:" + redis.port());
    gateways.add(start(first, shared));
    gateways.add(start(second, shared));
  }

  @AfterEach
  void stop() {
    gateways.forEach(GatewayProcess::close);
    redis.close();
    http.close();
  }

  private static GatewayProcess start(Path data, Map<String, String> more) throws IOException {
    var environment = new HashMap<String, String>();
    environment.put("MG_SERVER_HOST", "127.0.0.1");
    environment.put("MG_SERVER_PORT", "0");
    environment.put("MG_ADMIN_API_KEY", ADMIN_KEY);
    environment.put("MG_DEMO", "true");
    environment.put("MG_ADAPTERS_ECHO_PACE", "20ms");
    environment.putAll(more);
    GatewayProcess gateway = GatewayProcess.run(data, environment, "serve");
    gateway.port();
    return gateway;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (var files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void oneLimitHoldsForBothAndWaitingHelps() throws Exception {
    long began = System.nanoTime();
    List<Answer> answers = atOnce(80, "slow", false);
    long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
    long served = answers.stream().filter(answer -> answer.status() == 200).count();

    assertThat(answers).extracting(Answer::status).containsOnly(200, 429);
    assertThat(served).as("20 at once, and one more each 3 s").isBetween(20L, 21 + seconds / 3);
    HttpResponse<String> refused = call(0, "slow", false);
    if (refused.statusCode() == 429) {
      long wait = Long.parseLong(refused.headers().firstValue("retry-after-ms").orElseThrow());
      Thread.sleep(wait + 1_100); // a lease of the other gateway's
      assertThat(call(0, "slow", false).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void placesAreShared() throws Exception {
    List<Answer> answers = atOnce(24, "few", true);

    long served = answers.stream().filter(answer -> answer.status() == 200).count();
    assertThat(served).isBetween(4L, 12L);
    assertThat(answers).extracting(Answer::status).containsOnly(200, 429);
    assertThat(call(0, "few", true).statusCode()).isEqualTo(200);
  }

  /** Stopped, started again, paused, flushed: no call hangs, fails or is let through unlimited. */
  @Test
  void outlivesWhateverHappensToRedis() throws Exception {
    var going = new AtomicBoolean(true);
    var answers = new ConcurrentLinkedQueue<Answer>();
    List<Thread> clients =
        IntStream.range(0, 8)
            .mapToObj(client -> Thread.ofVirtual().start(() -> keepCalling(client, going, answers)))
            .toList();
    Thread.sleep(1_000);
    redis.stop();
    awaitLines("does not answer", 1);
    int beforeLocal = answers.size();
    Thread.sleep(1_500);
    assertThat(answers).as("served without Redis").hasSizeGreaterThan(beforeLocal);
    List<Answer> locally = atOnce(80, "slow", false);
    redis.start();
    awaitLines("answers: limits are shared", 2);
    redis.flush();
    Thread.sleep(500);
    redis.pause();
    Thread.sleep(2_000);
    redis.resume();
    Thread.sleep(1_500);
    redis.command("SCRIPT", "FLUSH");
    Thread.sleep(500);
    going.set(false);
    for (Thread client : clients) {
      client.join();
    }

    assertThat(answers).extracting(Answer::status).containsOnly(200);
    assertThat(answers.stream().mapToLong(Answer::millis).max().orElseThrow())
        .as("nobody hung")
        .isLessThan(5_000);
    assertThat(locally.stream().filter(answer -> answer.status() == 200).count())
        .as("each its share: half of 20")
        .isBetween(16L, 24L);
    for (GatewayProcess gateway : gateways) {
      long changes =
          gateway.lines().stream()
              .filter(line -> line.contains("does not answer") || line.contains("answers: limits"))
              .count();
      assertThat(changes).as("one line for each change").isBetween(3L, 7L);
    }
  }

  private void keepCalling(int client, AtomicBoolean going, ConcurrentLinkedQueue<Answer> answers) {
    try {
      while (going.get()) {
        long began = System.nanoTime();
        int status = call(client % 2, "fast", false).statusCode();
        answers.add(new Answer(status, (System.nanoTime() - began) / 1_000_000));
      }
    } catch (IOException e) {
      answers.add(new Answer(0, 0));
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  /** Waits until both gateways have said so that often. */
  private void awaitLines(String text, int times) throws InterruptedException {
    for (GatewayProcess gateway : gateways) {
      int looks = 0;
      while (gateway.lines().stream().filter(line -> line.contains(text)).count() < times) {
        looks++;
        assertThat(looks).as("no %d times \"%s\"", times, text).isLessThan(1_000);
        Thread.sleep(20);
      }
    }
  }

  /** So many calls, in turn at one gateway and at the other. */
  private List<Answer> atOnce(int count, String key, boolean stream) throws InterruptedException {
    var answers = new ConcurrentLinkedQueue<Answer>();
    List<Thread> threads =
        IntStream.range(0, count)
            .mapToObj(
                number ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              try {
                                answers.add(
                                    new Answer(call(number % 2, key, stream).statusCode(), 0));
                              } catch (IOException | InterruptedException _) {
                                answers.add(new Answer(0, 0));
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    return List.copyOf(answers);
  }

  private HttpResponse<String> call(int gateway, String key, boolean stream)
      throws IOException, InterruptedException {
    IssuedKey issued = keys.get(key);
    String body =
        "{\"model\":\"echo\",\"stream\":"
            + stream
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    var request =
        HttpRequest.newBuilder(URI.create(gateways.get(gateway).url() + "/v1/chat/completions"))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Bearer " + (issued == null ? "" : issued.secret()))
            .POST(BodyPublishers.ofString(body))
            .build();
    return http.send(request, BodyHandlers.ofString());
  }
}
