package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.testing.backend.SelfSigned;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A handler that says nothing until its client has gone, or until it is let go. */
@Timeout(60)
class ClientConnectionTest {
  private static final String REQUEST = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";

  private final CountDownLatch serving = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);

  @SuppressWarnings("NullAway.Init")
  private static SelfSigned certificate;

  @SuppressWarnings("NullAway.Init")
  private ApiServer server;

  @SuppressWarnings("NullAway.Init")
  private volatile ClientConnection connection;

  @BeforeAll
  static void makeCertificate(@TempDir Path folder) throws Exception {
    certificate = SelfSigned.in(folder);
  }

  @AfterEach
  void stop() {
    letGo.countDown();
    server.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tellsOfAClientThatClosed(boolean tls) throws Exception {
    Socket client = ask(tls);

    client.close();

    awaitGone();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tellsOfAClientThatReset(boolean tls) throws Exception {
    Socket client = ask(tls);

    client.setSoLinger(true, 0);
    client.close();

    awaitGone();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tellsOfAClientThatOnlyListensAnyMore(boolean tls) throws Exception {
    try (Socket client = ask(tls)) {
      client.shutdownOutput();

      awaitGone();
    }
  }

  @Test
  void tellsOfATlsClientWhoseConnectionBreaksWithoutAFarewell() throws Exception {
    start(true);
    try (var raw = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      var socket =
          (SSLSocket) certificate.tls().getSocketFactory().createSocket(raw, "localhost", 1, false);
      socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
      awaitServing();
    }
    awaitGone();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void keepsWhatAClientSendsAheadForItsTurn(boolean tls) throws Exception {
    try (Socket client = ask(tls)) {
      String next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
      for (byte b : next.getBytes(StandardCharsets.US_ASCII)) {
        client.getOutputStream().write(b);
      }
      awaitReadAhead(next.length());
      letGo.countDown();

      String replies = readUntil(client, "the next");

      assertThat(replies).contains("waited", "the next");
      assertThat(gone.getCount()).isOne();
    }
  }

  @Test
  void takesAClientThatSendsFarAheadForGone() throws Exception {
    try (Socket client = ask(false)) {
      client.getOutputStream().write(new byte[100_000]);

      awaitGone();
    }
  }

  private void awaitGone() throws InterruptedException {
    assertThat(gone.await(10, TimeUnit.SECONDS)).as("told that the client is gone").isTrue();
  }

  private void awaitServing() throws InterruptedException {
    assertThat(serving.await(10, TimeUnit.SECONDS)).as("the handler runs").isTrue();
  }

  private void awaitReadAhead(int bytes) throws InterruptedException {
    long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (connection.bytesAhead() < bytes) {
      assertThat(System.nanoTime()).as("read ahead in time").isLessThan(giveUp);
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static String readUntil(Socket client, String wanted) throws IOException {
    client.setSoTimeout(10_000);
    var read = new StringBuilder();
    while (read.indexOf(wanted) < 0) {
      int b = client.getInputStream().read();
      if (b < 0) {
        throw new AssertionError("ended after: " + read);
      }
      read.append((char) b);
    }
    return read.toString();
  }

  private Socket ask(boolean tls) throws Exception {
    start(tls);
    Socket client =
        tls
            ? certificate.tls().getSocketFactory().createSocket("localhost", server.port())
            : new Socket(InetAddress.getLoopbackAddress(), server.port());
    client.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
    awaitServing();
    return client;
  }

  private void start(boolean tls) throws TlsUnusable {
    var settings = new ServerSettings("localhost", 0, 1000, Duration.ZERO);
    var files = new TlsFiles(certificate.store(), null, SelfSigned.PASSWORD, TlsFiles.Minimum.V12);
    server =
        ApiServer.start(
            tls ? settings.with(TlsIdentity.of(files)) : settings,
            new ApiErrors(false),
            Metrics.create("test"),
            routing ->
                routing
                    .get("/wait", this::serve)
                    .get("/next", (_, response) -> response.send("the next")));
  }

  private void serve(ServerRequest request, ServerResponse response) throws InterruptedException {
    var ended = new CountDownLatch(1);
    Thread.ofVirtual().start(() -> awaitAndOpen(letGo, ended));
    connection = ClientConnection.of(request);
    connection.whenGone(
        () -> {
          gone.countDown();
          ended.countDown();
        });
    serving.countDown();
    ended.await();
    if (gone.getCount() == 0) {
      throw new CloseConnectionException("the client is gone");
    }
    response.send("waited");
  }

  private static void awaitAndOpen(CountDownLatch first, CountDownLatch then) {
    try {
      first.await();
      then.countDown();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
