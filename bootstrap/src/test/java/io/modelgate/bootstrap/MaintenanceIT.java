package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.AdminClient.IssuedKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands for the database, as shipped: backup, restore, secret rotate. */
@Timeout(120)
class MaintenanceIT {
  private static final String ADMIN_KEY = GatewayFixture.ADMIN_KEY;
  private static final String OLD_KEY = "the-old-secret-key-of-the-tests";
  private static final String NEW_KEY = "the-new-secret-key-of-the-tests";
  private static final long SEED = 20261124;

  @TempDir private Path folder;

  @Test
  void aBackupUnderLoadComesBackWithAllThatAddsUp() throws Exception {
    Path backup = folder.resolve("backup.db");
    IssuedKey key;
    try (var engine = HonestEngine.start(Duration.ofMillis(1))) {
      try (var gateway = run(Map.of(), "serve")) {
        key = register(gateway, engine);
        var answered = new AtomicInteger();
        List<Thread> clients = load(gateway.url(), key, answered);
        while (answered.get() < 50) {
          Thread.sleep(5);
        }

        assertThat(done("backup", backup.toString())).contains("1 keys, 1 models", "secret-key");
        assertThat(failed("restore", backup.toString())).contains("in use by another process");

        gateway.terminate();
        assertThat(gateway.exitCode()).isZero();
        for (Thread client : clients) {
          client.join();
        }
      }
      long later = UsageRows.of(database()).total(key.id());

      assertThat(done("restore", backup.toString())).contains("What it replaced is in");

      UsageRows rows = UsageRows.of(database());
      assertThat(rows.total(key.id())).isPositive().isLessThan(later);
      assertThat(rows.usedByKey().get(key.id())).isEqualTo(rows.total(key.id()));
      assertThat(rows.sumsByKey().get(key.id())).isEqualTo(rows.total(key.id()));
      try (var gateway = run(Map.of(), "serve");
          var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
        assertThat(admin.key(key.id()).get("used_tokens").asLong()).isEqualTo(rows.total(key.id()));
        assertThat(call(gateway.url(), key)).isEqualTo(200);
      }
    }
  }

  @Test
  void aRotatedSecretKeyOpensWhatTheOldOneDid() throws Exception {
    var old = Map.of("MG_SECRET_KEY", OLD_KEY);
    var both = Map.of("MG_SECRET_KEY", OLD_KEY, "MG_NEW_SECRET_KEY", NEW_KEY);
    try (var engine = HonestEngine.start(Duration.ofMillis(1))) {
      IssuedKey key;
      try (var gateway = run(old, "serve")) {
        key = register(gateway, engine);
        try (var rotation = run(both, "secret", "rotate")) {
          assertThat(rotation.exitCode()).isEqualTo(1);
          assertThat(rotation.complaint()).contains("in use by another process");
        }
      }
      var wrong = Map.of("MG_SECRET_KEY", OLD_KEY, "MG_NEW_SECRET_KEY", "too-short");
      try (var faulty = run(wrong, "secret", "rotate")) {
        assertThat(faulty.exitCode()).isEqualTo(2);
        assertThat(faulty.complaint())
            .contains("MG_NEW_SECRET_KEY: ", "16 to 4096")
            .doesNotContain("too-short");
      }

      try (var rotation = run(both, "secret", "rotate")) {
        assertThat(rotation.exitCode()).as(rotation.complaint()).isZero();
        assertThat(rotation.said())
            .contains("1 credentials", "MG_SECRET_KEY")
            .doesNotContain(NEW_KEY);
      }

      try (var gateway = run(Map.of("MG_SECRET_KEY", NEW_KEY), "serve")) {
        assertThat(call(gateway.url(), key)).isEqualTo(200);
      }
    }
  }

  @Test
  void aRotationKilledAtAnyMomentLosesNoCredential() throws Exception {
    var random = new Random(SEED);
    try (var gateway = run(Map.of(), "serve");
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      for (int model = 0; model < 50; model++) {
        admin.createModel(
            "{\"name\":\"m%d\",\"backend\":\"openai\",\"api_key\":\"sk-of-model-%d\"}"
                .formatted(model, model));
      }
      gateway.terminate();
      assertThat(gateway.exitCode()).isZero();
    }
    Path keyFile = folder.resolve("data/secret-key");
    String first = Files.readString(keyFile);
    for (int round = 0; round < 3; round++) {
      try (var rotation = run(Map.of(), "secret", "rotate")) {
        Path proposed = folder.resolve("data/secret-key.new");
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!Files.exists(proposed) && System.nanoTime() < patience) {
          Thread.onSpinWait();
        }
        Thread.sleep(0, random.nextInt(1, 999_999));
        Thread.sleep(random.nextInt(20));
        rotation.kill();
      }
    }
    assertThat(done("secret", "rotate")).contains("50 credentials");
    assertThat(Files.readString(keyFile)).isNotEqualTo(first);
    try (var gateway = run(Map.of(), "serve");
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      assertThat(admin.models()).hasSize(50);
    }
  }

  private GatewayProcess run(Map<String, String> more, String... arguments) throws IOException {
    var settings =
        new HashMap<>(
            Map.of(
                "MG_SERVER_HOST", "127.0.0.1",
                "MG_SERVER_PORT", "0",
                "MG_DATABASE_PATH", "data/modelgate.db",
                "MG_ADMIN_API_KEY", ADMIN_KEY,
                "MG_LOG_LEVEL", "warn"));
    settings.putAll(more);
    return GatewayProcess.run(folder, settings, arguments);
  }

  /** What a command says that does its work. */
  private String done(String... arguments) throws IOException {
    try (var command = run(Map.of(), arguments)) {
      assertThat(command.exitCode()).as(command.complaint()).isZero();
      return command.said();
    }
  }

  /** What one says that does not. */
  private String failed(String... arguments) throws IOException {
    try (var command = run(Map.of(), arguments)) {
      assertThat(command.exitCode()).isEqualTo(1);
      assertThat(command.complaint().lines()).hasSize(1);
      return command.complaint();
    }
  }

  private Path database() {
    return folder.resolve("data/modelgate.db");
  }

  private static IssuedKey register(GatewayProcess gateway, HonestEngine engine) {
    try (var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      admin.createModel(
          "{\"name\":\"m\",\"backend\":\"vllm\",\"base_url\":\"%s\",\"api_key\":\"sk-of-the-engine\"}"
              .formatted(engine.baseUrl()));
      return admin.createKey("client", "\"rpm\":null,\"quota_tokens\":null");
    }
  }

  /** Clients that call until the gateway is gone. */
  private static List<Thread> load(String url, IssuedKey key, AtomicInteger answered) {
    return IntStream.range(0, 8)
        .mapToObj(_ -> Thread.ofVirtual().start(() -> callOn(url, key, answered)))
        .toList();
  }

  private static void callOn(String url, IssuedKey key, AtomicInteger answered) {
    try {
      while (call(url, key) == 200) {
        answered.incrementAndGet();
      }
    } catch (IOException | InterruptedException _) {
      // it was told to stop
    }
  }

  private static int call(String url, IssuedKey key) throws IOException, InterruptedException {
    String body = "{\"model\":\"m\",\"max_tokens\":5,\"messages\":" + HonestEngine.PROMPT + "}";
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                  .timeout(Duration.ofSeconds(20))
                  .header("Authorization", "Bearer " + key.secret())
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.discarding())
          .statusCode();
    }
  }
}
