package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.backend.SelfSigned;
import io.modelgate.testing.wire.RawConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A client that leaves while its backend is silent: the backend is hung up on, in whatever phase
 * the call was. A real process, real sockets; prints how long it took.
 */
@TestInstance(Lifecycle.PER_CLASS)
class ClientGoneIT {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @SuppressWarnings("NullAway.Init")
  private GatewayProcess gateway;

  @SuppressWarnings("NullAway.Init")
  private AdminClient admin;

  @SuppressWarnings("NullAway.Init")
  private SelfSigned certificate;

  private String key = "";
  private int models;
  private final List<String> latencies = new ArrayList<>();

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    certificate = SelfSigned.in(folder);
    gateway =
        GatewayProcess.run(
            folder,
            Map.of(
                "MG_SERVER_HOST", "127.0.0.1",
                "MG_SERVER_PORT", "0",
                "MG_ADMIN_API_KEY", GatewayFixture.ADMIN_KEY,
                "MG_CONNECT_TIMEOUT", "60s",
                "MG_JAVA_OPTS",
                    "-Djavax.net.ssl.trustStore="
                        + certificate.store()
                        + " -Djavax.net.ssl.trustStorePassword="
                        + SelfSigned.PASSWORD),
            "serve");
    admin = new AdminClient(gateway.url(), GatewayFixture.ADMIN_KEY);
    key = admin.createKey("leaver").secret();
  }

  @AfterAll
  void stop() {
    System.out.println(
        "Client gone, backend silent: milliseconds until the backend was hung up on");
    latencies.forEach(System.out::println);
    admin.close();
    gateway.close();
  }

  /** How a client goes. */
  enum Leaving {
    FIN {
      @Override
      void leave(RawConnection client) throws IOException {
        client.close();
      }
    },
    RESET {
      @Override
      void leave(RawConnection client) throws IOException {
        client.reset();
      }
    },
    HALF_CLOSE {
      @Override
      void leave(RawConnection client) throws IOException {
        client.halfClose();
      }
    };

    abstract void leave(RawConnection client) throws IOException;
  }

  /** What the backend said before it fell silent. */
  enum Phase {
    HEAD(true, ""),
    STREAM(
        true,
        """
        HTTP/1.1 200 OK\r
        Content-Type: text/event-stream\r
        \r
        data: {"choices":[{"index":0,"finish_reason":null}]}

        """),
    WHOLE(
        false,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");

    private final boolean stream;
    private final String said;

    Phase(boolean stream, String said) {
      this.stream = stream;
      this.said = said;
    }
  }

  static List<Arguments> everyPhase() {
    var all = new ArrayList<Arguments>();
    for (boolean tls : new boolean[] {false, true}) {
      for (Phase phase : Phase.values()) {
        for (Leaving leaving : Leaving.values()) {
          all.add(Arguments.of(tls, phase, leaving));
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("everyPhase")
  void hangsUpOnABackendThatIsSilent(boolean tls, Phase phase, Leaving leaving) throws Exception {
    ServerSocket socket =
        tls ? certificate.listen() : new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    try (var backend = ScriptedBackend.start(socket)) {
      backend.onRequest(send(phase.said), backend.silence());
      String model = model((tls ? "https" : "http") + "://localhost:" + backend.port());
      try (var client = ask(model, phase.stream)) {
        awaitRequest(backend);
        if (phase == Phase.STREAM) {
          assertThat(client.some(10)).isNotEmpty();
        }
        long left = System.nanoTime();
        leaving.leave(client);
        backend.awaitHangUp();
        note(tls ? "TLS" : "plain", phase.name(), leaving, left);
      }
      awaitLine(model);
    }
  }

  /** A listener that takes no more connections lets those who ask wait. */
  @ParameterizedTest
  @CsvSource({"FIN", "RESET", "HALF_CLOSE"})
  void givesUpConnecting(Leaving leaving) throws Exception {
    try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> waiting = fill(full);
      String model = model("http://127.0.0.1:" + full.getLocalPort());
      try (var client = ask(model, true)) {
        awaitSocket("02", full.getLocalPort(), found -> found);
        long left = System.nanoTime();
        leaving.leave(client);
        awaitSocket("02", full.getLocalPort(), found -> !found);
        note("plain", "CONNECT", leaving, left);
      } finally {
        for (Socket socket : waiting) {
          socket.close();
        }
      }
      awaitLine(model);
    }
  }

  @ParameterizedTest
  @CsvSource({"FIN", "RESET", "HALF_CLOSE"})
  void givesUpAGreetingOverTls(Leaving leaving) throws Exception {
    try (var mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String model = model("https://localhost:" + mute.getLocalPort());
      try (var client = ask(model, true);
          Socket greeted = mute.accept()) {
        greeted.setSoTimeout((int) PATIENCE.toMillis());
        assertThat(greeted.getInputStream().read()).isPositive();
        long left = System.nanoTime();
        leaving.leave(client);
        readToTheEnd(greeted);
        note("TLS", "GREETING", leaving, left);
      }
      awaitLine(model);
    }
  }

  @Test
  void servesARequestThatWasSentWhileTheOneBeforeLasted() throws Exception {
    try (var backend = ScriptedBackend.start()) {
      String model = model(backend.baseUrl().toString());
      String reply =
          "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}";
      String whole =
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
              + reply.length()
              + "\r\n\r\n";
      backend.onRequest(
          send(whole), connection -> assertThat(isSilentFor(connection)).isTrue(), send(reply));
      backend.onRequest(send(whole + reply));
      try (var client = ask(model, false)) {
        awaitRequest(backend);
        client.send(request(model, false));

        assertThat(client.reply().text()).isEqualTo(reply);
        assertThat(client.reply().text()).isEqualTo(reply);
      }
    }
  }

  /** Long enough for the gateway to begin to watch its client. */
  private static boolean isSilentFor(Socket connection) throws IOException {
    connection.setSoTimeout(1000);
    try {
      return connection.getInputStream().read() > 1_000;
    } catch (SocketTimeoutException _) {
      return true;
    } finally {
      connection.setSoTimeout(0);
    }
  }

  private static List<Socket> fill(ServerSocket full) throws IOException {
    var waiting = new ArrayList<Socket>();
    try {
      while (waiting.size() < 10) {
        var socket = new Socket();
        waiting.add(socket);
        socket.connect(new InetSocketAddress(full.getInetAddress(), full.getLocalPort()), 500);
      }
      throw new AssertionError("it still takes connections");
    } catch (SocketTimeoutException _) {
      waiting.removeLast().close();
      return waiting;
    }
  }

  private static void readToTheEnd(Socket socket) {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nobody hung up", e);
    } catch (IOException _) {
      // A reset is an end, too.
    }
  }

  private String model(String baseUrl) {
    String name = "silent-" + models++;
    admin.createModel(
        "{\"name\":\"%s\",\"backend\":\"vllm\",\"base_url\":\"%s\"}".formatted(name, baseUrl));
    return name;
  }

  private RawConnection ask(String model, boolean stream) throws IOException {
    return RawConnection.to(gateway.port()).send(request(model, stream));
  }

  private String request(String model, boolean stream) {
    String body = "{\"model\":\"%s\",\"stream\":%s,\"messages\":[]}".formatted(model, stream);
    return """
        POST /v1/chat/completions HTTP/1.1
        Host: gateway
        Authorization: Bearer %s
        Content-Type: application/json
        Content-Length: %d

        """
            .formatted(key, body.length())
            .replace("\n", "\r\n")
        + body;
  }

  private static void awaitRequest(ScriptedBackend backend) {
    await("the backend has its request", () -> !backend.requests().isEmpty());
  }

  /** The call is in the log as one whose client went, and as nothing else. */
  private void awaitLine(String model) {
    Predicate<String> ofThisModel = line -> line.contains("model=" + model + " ");
    await("the call is in the log", () -> gateway.lines().stream().anyMatch(ofThisModel));
    assertThat(gateway.lines().stream().filter(ofThisModel).toList())
        .singleElement()
        .asString()
        .contains("outcome=client_gone", "status=499");
  }

  /** Whether Linux knows a socket in that state whose peer has that port. */
  private static void awaitSocket(String state, int port, Predicate<Boolean> wanted) {
    String peer = ":%04X %s ".formatted(port, state);
    await(
        "a socket to port " + port + " in state " + state,
        () ->
            wanted.test(
                read("/proc/net/tcp").contains(peer) || read("/proc/net/tcp6").contains(peer)));
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      Thread.onSpinWait();
    }
  }

  private void note(String transport, String phase, Leaving leaving, long left) {
    latencies.add(
        "  %-5s  %-8s  %-10s  %5d"
            .formatted(transport, phase, leaving, (System.nanoTime() - left) / 1_000_000));
  }
}
