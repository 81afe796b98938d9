package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.RequestBodies.Body;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.Scrape;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take their time, at a listener that has little. */
@Timeout(60)
class SlowClientsTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(150);
  private static final ApiErrors ERRORS = new ApiErrors(false);
  private static final String HEALTHY = "GET /ok HTTP/1.1\r\nHost: x\r\n\r\n";

  private final Metrics metrics = Metrics.create("test");
  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch broken = new CountDownLatch(1);

  @SuppressWarnings("NullAway.Init")
  private ApiServer server;

  @AfterEach
  void stop() {
    server.close();
  }

  private void start(ConnectionLimits limits) {
    server =
        ApiServer.start(
            new ServerSettings("127.0.0.1", 0, 1_000_000, Duration.ZERO).with(limits),
            ERRORS,
            metrics,
            routing ->
                routing
                    .get("/ok", (_, response) -> response.send("ok"))
                    .post("/length", SlowClientsTest::answerLength)
                    .post("/careless", (_, response) -> response.send("unread"))
                    .get("/flood", this::flood));
  }

  private static ConnectionLimits limits(
      Duration head, Duration body, int bytesPerSecond, Duration idle, Duration write) {
    return new ConnectionLimits(100, head, body, bytesPerSecond, idle, write);
  }

  private static void answerLength(ServerRequest request, ServerResponse response) {
    switch (new RequestBodies(1_000_000).read(request)) {
      case Body.Unfit(ApiError error) -> ERRORS.refuse(request, response, error);
      case Body.Whole(byte[] bytes) -> response.send("" + bytes.length);
    }
  }

  /** Never ends by itself. */
  private void flood(ServerRequest request, ServerResponse response) throws IOException {
    ClientConnection.of(request).whenGone(told::countDown);
    response.header(HeaderNames.CONTENT_TYPE, "text/plain");
    try (OutputStream out = response.outputStream()) {
      while (true) {
        out.write(new byte[100_000]);
        out.flush();
      }
    } catch (UncheckedIOException | ServerConnectionException e) {
      broken.countDown();
      throw e;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "G", "GET /ok HTTP/1.1\r\nHost: x\r\n", "GET /ok HTTP/1.1\r\nHost: x\r\n\r"})
  void givesUpOnAHeadThatDoesNotComeAndAnswersWhereOneHadBegun(String begun) throws IOException {
    start(limits(SHORT, LONG, 1000, LONG, LONG));
    try (var client = RawConnection.to(server.port())) {
      if (!begun.isEmpty()) {
        client.send(begun);
        assertThatTimesOut(client);
      }
      assertThat(client.endsHere()).isTrue();
    }
    assertThat(timedOut("head")).isEqualTo(1);
  }

  @Test
  void givesUpOnADrippingHead() throws Exception {
    start(limits(SHORT, LONG, 1000, LONG, LONG));
    try (var client = RawConnection.to(server.port())) {
      client.send("GET /ok HTTP/1.1\r\nHost: x\r\nX: ");
      Thread.ofVirtual().start(() -> drip(client, "a", 10));
      assertThatTimesOut(client);
      assertThat(client.endsHere()).isTrue();
    }
  }

  @Test
  void givesTheHeadOfALaterRequestItsTimeFromItsFirstByte() throws Exception {
    start(limits(SHORT, LONG, 1000, LONG, LONG));
    try (var client = RawConnection.to(server.port())) {
      assertThat(client.send(HEALTHY).reply().text()).isEqualTo("ok");
      TimeUnit.MILLISECONDS.sleep(2 * SHORT.toMillis());
      assertThat(client.send(HEALTHY).reply().text()).as("idle is not slow").isEqualTo("ok");
      client.send("GET");
      assertThatTimesOut(client);
    }
  }

  @Test
  void closesIdleConnectionsWithoutAWord() throws IOException {
    start(limits(LONG, LONG, 1000, SHORT, LONG));
    try (var client = RawConnection.to(server.port())) {
      assertThat(client.send(HEALTHY).reply().text()).isEqualTo("ok");
      assertThat(client.endsHere()).isTrue();
    }
    assertThat(timedOut("idle")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 100", "Transfer-Encoding: chunked"})
  void givesUpOnABodyThatDoesNotCome(String framing) throws Exception {
    start(limits(LONG, SHORT, 1000, LONG, LONG));
    try (var client = RawConnection.to(server.port())) {
      client.send(
          "POST /length HTTP/1.1\r\nHost: x\r\nx-request-id: slow-1\r\n"
              + framing
              + "\r\n\r\n5\r\n");
      var reply = assertThatTimesOut(client);
      assertThat(reply.header("x-request-id")).contains("slow-1");
      assertThat(client.endsHere()).isTrue();
    }
    assertThat(timedOut("body")).isEqualTo(1);
    awaitCount(1, "modelgate_requests_total", "method", "POST", "status", "408");
  }

  @Test
  void givesABodyMoreTimeForWhatHasCome() throws Exception {
    start(limits(LONG, SHORT, 1000, LONG, LONG));
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
      client.send(" ".repeat(1000));
      TimeUnit.MILLISECONDS.sleep(3 * SHORT.toMillis());
      assertThat(client.send(" ").reply().text()).isEqualTo("1001");
    }
  }

  @Test
  void saysNothingMoreWhereAReplyHasLeft() throws Exception {
    start(limits(LONG, SHORT, 1000, LONG, LONG));
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /careless HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
      assertThat(client.reply().text()).isEqualTo("unread");
      assertThat(client.endsHere()).isTrue();
    }
  }

  @Test
  void endsACallWhoseClientTakesNothing() throws Exception {
    start(limits(LONG, LONG, 1000, LONG, SHORT));
    try (var client = RawConnection.to(server.port())) {
      client.send("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(told.await(20, TimeUnit.SECONDS)).as("as if it had left").isTrue();
      assertThat(broken.await(10, TimeUnit.SECONDS)).as("the handler is let go").isTrue();
    }
    assertThat(timedOut("write")).isEqualTo(1);
  }

  @Test
  void countsAClientThatBreaksOffItsRequestAsGone() throws Exception {
    start(ConnectionLimits.USUAL);
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    }
    awaitCount(1, "modelgate_requests_total", "method", "POST", "status", "499");
  }

  @Test
  void tellsThoseBeyondTheLastPlaceAndClosesThoseBeyondThem() throws Exception {
    start(new ConnectionLimits(2, LONG, LONG, 1000, LONG, LONG));
    List<RawConnection> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 2 + 64; i++) {
        clients.add(RawConnection.to(server.port()));
      }
      assertThat(clients.getFirst().send(HEALTHY).reply().status()).isEqualTo(200);
      assertThat(clients.get(1).send(HEALTHY).reply().status()).isEqualTo(200);

      var refused = clients.get(2).send(HEALTHY).reply();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("retry-after")).contains("1");
      assertThat(refused.text()).contains("too_many_connections");
      try (var beyond = RawConnection.to(server.port());
          var silent = clients.get(3)) {
        assertThat(endsOrBreaks(beyond)).isTrue();
        assertThat(silent.endsHere()).as("a place to say no is not kept for long").isTrue();
      }
      clients.removeFirst().close();
      awaitServed();
    } finally {
      for (RawConnection client : clients) {
        client.close();
      }
    }
    awaitCount(0, "modelgate_connections");
  }

  private static boolean endsOrBreaks(RawConnection client) {
    try {
      return client.endsHere();
    } catch (IOException _) {
      return true;
    }
  }

  private void awaitServed() throws Exception {
    int status = 0;
    for (int i = 0; i < 500 && status != 200; i++) {
      try (var client = RawConnection.to(server.port())) {
        status = client.send(HEALTHY).reply().status();
      } catch (IOException _) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
    assertThat(status).as("a place is free again").isEqualTo(200);
  }

  private static RawConnection.Reply assertThatTimesOut(RawConnection client) throws IOException {
    var reply = client.reply();
    assertThat(reply.status()).isEqualTo(408);
    assertThat(reply.header("connection")).contains("close");
    assertThat(reply.text()).contains("invalid_request_error", "in time");
    return reply;
  }

  private static void drip(RawConnection client, String drop, long millis) {
    try {
      while (true) {
        client.send(drop);
        TimeUnit.MILLISECONDS.sleep(millis);
      }
    } catch (IOException | InterruptedException _) {
      // Closed, as it should be.
    }
  }

  private double timedOut(String phase) {
    return scrape().sum("modelgate_connections_timed_out_total", "phase", phase);
  }

  private void awaitCount(double count, String name, String... labels) throws Exception {
    for (int i = 0; i < 1000 && scrape().sum(name, labels) != count; i++) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    assertThat(scrape().sum(name, labels)).isEqualTo(count);
  }

  private Scrape scrape() {
    return Scrape.parse(new String(metrics.scrape("").text(), StandardCharsets.UTF_8));
  }
}
