package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.await;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.UsageRows.UsageRow;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.RawConnection.Reply;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The shipped program is told to stop. */
@Timeout(60)
class ShutdownIT {
  private static final EngineDialect ENGINE = EngineDialect.VLLM;

  @TempDir private Path folder;
  private final ScriptedBackend backend = ScriptedBackend.start();
  private final CountDownLatch goOn = new CountDownLatch(1);

  @AfterEach
  void stopBackend() throws IOException {
    goOn.countDown();
    backend.close();
  }

  @Test
  void isNotReadyAtOnceAndAcceptsForTheDelay() throws Exception {
    backend.onRequest(send(whole()), hangUp());
    try (var gateway = serve(Map.of("MG_SERVER_SHUTDOWN_DELAY", "2s"));
        var kept = RawConnection.to(gateway.port())) {
      String key = register(gateway);
      assertThat(kept.send(get("/health/ready")).reply().status()).isEqualTo(200);

      gateway.terminate();
      gateway.awaitLine("SIGTERM: stopping");
      awaitUnready(gateway.port());

      try (var late = RawConnection.to(gateway.port())) {
        Reply served = late.send(call(key, false)).reply();
        assertThat(served.status()).isEqualTo(200);
        assertThat(served.header("connection")).contains("close");
        assertThat(late.endsHere()).isTrue();
      }
      Reply alive = kept.send(get("/health")).reply();
      assertThat(alive.status()).isEqualTo(200);
      assertThat(alive.header("connection")).contains("close");
      assertThat(kept.endsHere()).isTrue();
      awaitRefusal(gateway.port());
      assertThat(gateway.exitCode()).as(gateway.complaint()).isZero();
    }
  }

  @Test
  void finishesWhatRunsAndThenEndsWell() throws Exception {
    backend.onRequest(send(begunStream()), await(goOn), send(restOfStream()), hangUp());
    backend.onRequest(await(goOn), send(whole()), hangUp());
    try (var gateway = serve(Map.of());
        var stream = RawConnection.to(gateway.port());
        var waiting = RawConnection.to(gateway.port())) {
      String key = register(gateway);
      beginStream(stream, key);
      waiting.send(call(key, false));
      awaitRequests(2);

      gateway.terminate();
      awaitRefusal(gateway.port());
      goOn.countDown();

      assertThat(rest(stream)).contains("data: [DONE]").doesNotContain("error");
      Reply reply = waiting.reply();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.header("connection")).contains("close");
      assertThat(gateway.exitCode()).as(gateway.complaint()).isZero();
    }
    assertThat(outcomes()).containsExactlyInAnyOrder("completed", "completed");
  }

  @Test
  void tellsCallsThatOutlastTheGrace() throws Exception {
    backend.onRequest(send(begunStream()), backend.silence());
    backend.onRequest(backend.silence());
    try (var gateway = serve(Map.of("MG_SERVER_SHUTDOWN_GRACE", "200ms"));
        var stream = RawConnection.to(gateway.port());
        var waiting = RawConnection.to(gateway.port())) {
      String key = register(gateway);
      beginStream(stream, key);
      waiting.send(call(key, false));
      awaitRequests(2);

      gateway.terminate();

      assertThat(rest(stream))
          .contains("data: {\"error\":{\"message\":\"The gateway is shutting down")
          .contains("\"code\":\"shutting_down\"")
          .doesNotContain("[DONE]")
          .endsWith("0\r\n\r\n");
      Reply reply = waiting.reply();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.text()).contains("\"code\":\"shutting_down\"");
      assertThat(gateway.exitCode()).as(gateway.complaint()).isEqualTo(3);
      assertThat(gateway.said()).contains("of 200 ms are ended: 2");
    }
    assertThat(outcomes()).containsExactlyInAnyOrder("shut_down", "shut_down");
  }

  @Test
  void tellsClientsThatAreStillSendingTheirRequest() throws Exception {
    try (var gateway = serve(Map.of("MG_SERVER_SHUTDOWN_GRACE", "200ms"));
        var sending = RawConnection.to(gateway.port())) {
      String whole = call(register(gateway), false);
      sending.send(whole.substring(0, whole.length() - 5));
      awaitInFlight(gateway);

      gateway.terminate();

      Reply reply = sending.reply();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.header("connection")).contains("close");
      assertThat(reply.text()).contains("\"code\":\"shutting_down\"");
      assertThat(gateway.exitCode()).as(gateway.complaint()).isEqualTo(3);
      assertThat(gateway.said()).contains("status=503");
    }
  }

  @Test
  void stopsAtOnceAtASecondSignal() throws Exception {
    backend.onRequest(send(begunStream()), backend.silence());
    try (var gateway = serve(Map.of("MG_SERVER_SHUTDOWN_GRACE", "10m"));
        var stream = RawConnection.to(gateway.port())) {
      beginStream(stream, register(gateway));

      gateway.terminate();
      gateway.awaitLine("SIGTERM: stopping");
      gateway.terminate();

      assertThat(gateway.exitCode()).isEqualTo(3);
      assertThat(gateway.said()).contains("SIGTERM again: stopping at once");
    }
  }

  @Test
  void waitsForNobodyWhoOnlyHoldsAConnection() throws Exception {
    try (var gateway = serve(Map.of("MG_SERVER_SHUTDOWN_GRACE", "10m"));
        var resting = RawConnection.to(gateway.port());
        var silent = RawConnection.to(gateway.port());
        var slow = RawConnection.to(gateway.port())) {
      assertThat(resting.send(get("/health")).reply().status()).isEqualTo(200);
      slow.send("GET /health HTTP/1.1\r\nHost:");

      gateway.terminate();

      assertThat(gateway.exitCode()).as(gateway.complaint()).isZero();
      assertThat(resting.endsHere()).isTrue();
      assertThat(silent.endsHere()).isTrue();
      assertThat(slow.endsHere()).isTrue();
    }
  }

  private GatewayProcess serve(Map<String, String> more) throws IOException {
    var settings =
        new HashMap<>(
            Map.of(
                "MG_SERVER_HOST", "127.0.0.1",
                "MG_SERVER_PORT", "0",
                "MG_DATABASE_PATH", "data/modelgate.db",
                "MG_ADMIN_API_KEY", GatewayFixture.ADMIN_KEY));
    settings.putAll(more);
    GatewayProcess gateway = GatewayProcess.run(folder, settings, "serve");
    gateway.port();
    return gateway;
  }

  private String register(GatewayProcess gateway) {
    try (var admin = new AdminClient(gateway.url(), GatewayFixture.ADMIN_KEY)) {
      admin.createModel(
          "{\"name\":\"m\",\"backend\":\"vllm\",\"base_url\":\"" + backend.baseUrl() + "\"}");
      return admin.createKey("client").secret();
    }
  }

  private static String whole() {
    return EngineDialect.whole(ENGINE.body(Endpoint.CHAT_COMPLETIONS));
  }

  private static String begunStream() {
    return ENGINE.streamHead() + ENGINE.events(Endpoint.CHAT_COMPLETIONS).getFirst();
  }

  private static String restOfStream() {
    List<String> events = ENGINE.events(Endpoint.CHAT_COMPLETIONS);
    return String.join("", events.subList(1, events.size()));
  }

  private static void beginStream(RawConnection connection, String key) throws IOException {
    connection.send(call(key, true));
    var seen = new StringBuilder();
    while (seen.indexOf("data: {") < 0) {
      byte[] more = connection.some(1024);
      assertThat(more).as("ended early: %s", seen).isNotEmpty();
      seen.append(new String(more, StandardCharsets.UTF_8));
    }
  }

  private static String rest(RawConnection connection) throws IOException {
    var rest = new StringBuilder();
    for (byte[] more = connection.some(1024); more.length > 0; more = connection.some(1024)) {
      rest.append(new String(more, StandardCharsets.UTF_8));
    }
    return rest.toString();
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }

  private static String call(String key, boolean stream) {
    String body =
        "{\"model\":\"m\",\"stream\":"
            + stream
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(key, body.length(), body);
  }

  private void awaitRequests(int count) throws InterruptedException {
    while (backend.requests().size() < count) {
      Thread.sleep(5);
    }
  }

  private static void awaitInFlight(GatewayProcess gateway) throws InterruptedException {
    try (var admin = new AdminClient(gateway.url(), GatewayFixture.ADMIN_KEY)) {
      while (!admin
          .metrics()
          .contains("modelgate_requests_in_flight{route=\"/v1/chat/completions\"} 1.0")) {
        Thread.sleep(5);
      }
    }
  }

  private static void awaitUnready(int port) throws IOException, InterruptedException {
    int status = 200;
    while (status != 503) {
      Thread.sleep(5);
      try (var knock = RawConnection.to(port)) {
        status = knock.send(get("/health/ready")).reply().status();
      }
    }
  }

  private static void awaitRefusal(int port) throws InterruptedException {
    while (true) {
      try (var _ = RawConnection.to(port)) {
        Thread.sleep(5);
      } catch (ConnectException _) {
        return;
      } catch (IOException _) {
        // closing just now
      }
    }
  }

  private List<String> outcomes() {
    return UsageRows.of(folder.resolve("data/modelgate.db")).calls().stream()
        .map(UsageRow::outcome)
        .toList();
  }
}
