package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.bootstrap.UsageRows.UsageRow;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shipped program under load, killed again and again at any moment, with a backend that knows
 * what it generated: what a client had whole is recorded, nothing is recorded twice or beyond what
 * was generated, no key gets over its quota, and nothing stays set aside.
 */
@Timeout(600)
class CrashIT {
  private static final int ROUNDS = 20;
  private static final int CLIENTS = 16;
  private static final String ADMIN_KEY = "admin-key-of-the-crash-test";
  private static final long QUOTA = 1_500;
  private static final long SEED = 20261124;

  @TempDir Path folder = Path.of("unset");

  private final Queue<Received> received = new ConcurrentLinkedQueue<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  /**
   * A reply that its client had whole.
   *
   * @param words that were in it
   */
  private record Received(String requestId, String keyId, int words) {}

  @Test
  void losesNothingDoublesNothingAndLeaksNothing() throws Exception {
    List<IssuedKey> keys = List.of();
    var random = new Random(SEED);
    try (var engine = HonestEngine.start(Duration.ofMillis(1))) {
      for (int round = 0; round < ROUNDS; round++) {
        try (var gateway = start()) {
          if (round == 0) {
            keys = setUp(gateway, engine);
          } else {
            nothingIsReserved(gateway, keys);
          }
          List<Thread> clients = load(gateway, keys, round);
          Thread.sleep(random.nextInt(100, 1_600));
          gateway.kill();
          for (Thread client : clients) {
            client.join();
          }
        }
      }
      try (var gateway = start()) {
        nothingIsReserved(gateway, keys);
        adminSees(gateway, keys);
        gateway.terminate();
        assertThat(gateway.exitCode()).isZero();
      }
      compare(engine, keys);
    }
  }

  private GatewayProcess start() throws IOException {
    GatewayProcess gateway =
        GatewayProcess.run(
            folder,
            Map.of(
                "MG_SERVER_HOST", "127.0.0.1",
                "MG_SERVER_PORT", "0",
                "MG_ADMIN_API_KEY", ADMIN_KEY,
                "MG_LOG_LEVEL", "warn"),
            "serve");
    gateway.port();
    return gateway;
  }

  private static List<IssuedKey> setUp(GatewayProcess gateway, HonestEngine engine) {
    try (var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      admin.createModel(
          "{\"name\":\"m\",\"backend\":\"vllm\",\"base_url\":\"" + engine.baseUrl() + "\"}");
      return List.of(
          admin.createKey("unlimited", "\"rpm\":null,\"quota_tokens\":null"),
          admin.createKey("scarce", "\"rpm\":null,\"quota_tokens\":" + QUOTA),
          admin.createKey(
              "daily", "\"rpm\":null,\"quota_tokens\":9000000,\"quota_period\":\"day\""));
    }
  }

  /** Clients that call until the gateway is gone. */
  private List<Thread> load(GatewayProcess gateway, List<IssuedKey> keys, int round) {
    String url = gateway.url() + "/v1/chat/completions";
    return IntStream.range(0, CLIENTS)
        .mapToObj(
            client ->
                Thread.ofVirtual()
                    .start(() -> call(url, keys.get(client % keys.size()), round, client)))
        .toList();
  }

  private void call(String url, IssuedKey key, int round, int client) {
    try (var http = HttpClient.newHttpClient()) {
      for (int call = 0; ; call++) {
        String id = "crash-%d-%d-%d".formatted(round, client, call);
        boolean stream = (call + client) % 2 == 0;
        asked.incrementAndGet();
        HttpResponse<String> response =
            http.send(request(url, key, id, stream), BodyHandlers.ofString());
        if (response.statusCode() == 429) {
          refused.incrementAndGet();
          Thread.sleep(20);
        } else if (response.statusCode() == 200 && isWhole(response.body(), stream)) {
          received.add(new Received(id, key.id(), words(response.body())));
        }
      }
    } catch (IOException | InterruptedException _) {
      // the gateway was killed
    }
  }

  private static HttpRequest request(String url, IssuedKey key, String id, boolean stream) {
    String body =
        "{\"model\":\"m\",\"max_tokens\":40,\"stream\":"
            + stream
            + ",\"messages\":"
            + HonestEngine.PROMPT
            + "}";
    return HttpRequest.newBuilder(URI.create(url))
        .timeout(Duration.ofSeconds(20))
        .header("Authorization", "Bearer " + key.secret())
        .header("x-request-id", id)
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private static boolean isWhole(String body, boolean stream) {
    return stream ? body.endsWith("data: [DONE]\n\n") : body.endsWith("}");
  }

  private static int words(String body) {
    return body.split(" the", -1).length - 1;
  }

  private static void nothingIsReserved(GatewayProcess gateway, List<IssuedKey> keys) {
    try (var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      for (IssuedKey key : keys) {
        assertThat(admin.key(key.id()).get("reserved_tokens").asLong()).isZero();
      }
    }
  }

  private void adminSees(GatewayProcess gateway, List<IssuedKey> keys) {
    UsageRows rows = UsageRows.of(database());
    try (var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      for (IssuedKey key : keys) {
        assertThat(admin.key(key.id()).get("used_tokens").asLong()).isEqualTo(rows.total(key.id()));
      }
    }
  }

  private Path database() {
    return folder.resolve("data/modelgate.db");
  }

  private void compare(HonestEngine engine, List<IssuedKey> keys) {
    UsageRows rows = UsageRows.of(database());
    Map<String, UsageRow> recorded = new HashMap<>();
    for (UsageRow call : rows.calls()) {
      assertThat(recorded.put(call.requestId(), call)).as("recorded twice").isNull();
      assertThat(call.completion())
          .as("no more than was generated: %s", call)
          .isLessThanOrEqualTo(engine.generated(call.requestId()));
    }
    for (Received reply : received) {
      assertThat(recorded.get(reply.requestId()))
          .as("all that was received: %s", reply)
          .isNotNull()
          .satisfies(call -> assertThat(call.completion()).isGreaterThanOrEqualTo(reply.words()));
    }
    for (IssuedKey key : keys) {
      assertThat(rows.usedByKey().get(key.id())).isEqualTo(rows.total(key.id()));
      assertThat(rows.sumsByKey().get(key.id())).isEqualTo(rows.total(key.id()));
    }
    assertThat(rows.total(keys.get(1).id())).as("the scarce quota").isLessThanOrEqualTo(QUOTA);
    assertThat(refused).as("the scarce quota was used up").hasPositiveValue();
    assertThat(received.size()).as("enough to mean something").isGreaterThan(ROUNDS * CLIENTS / 2);
    print(engine, rows);
  }

  private void print(HonestEngine engine, UsageRows rows) {
    long words = received.stream().mapToLong(Received::words).sum();
    String outcomes =
        rows.calls().stream()
            .collect(Collectors.groupingBy(UsageRow::outcome, Collectors.counting()))
            .toString();
    System.out.printf(
        "Crash test: %d rounds killed (SIGKILL), %d calls made, %d refused; generated by the backend %d tokens; "
            + "received whole %d replies with %d tokens; recorded %d calls %s with %d tokens%n",
        ROUNDS,
        asked.get(),
        refused.get(),
        engine.generated(),
        received.size(),
        words,
        rows.calls().size(),
        outcomes,
        rows.calls().stream().mapToLong(UsageRow::completion).sum());
  }
}
