package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.RequestBodies.Body;
import io.modelgate.testing.wire.RawConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiServerTest {
  private static final int MAX_BODY = 1000;
  private static final ApiErrors ERRORS = new ApiErrors(false);
  private static ApiServer server;

  @BeforeAll
  static void start() {
    server =
        ApiServer.start(
            new ServerSettings("127.0.0.1", 0, MAX_BODY, Duration.ofSeconds(1)),
            ERRORS,
            Metrics.create("test"),
            routing ->
                routing
                    .post("/length", ApiServerTest::answerLength)
                    .any(
                        "/length",
                        (request, response) -> ERRORS.refuseMethod(request, response, "POST"))
                    .get(
                        "/bug",
                        (_, _) -> {
                          throw new IllegalArgumentException("secret detail");
                        }));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void answerLength(ServerRequest request, ServerResponse response) {
    switch (new RequestBodies(MAX_BODY).read(request)) {
      case Body.Unfit(ApiError error) -> ERRORS.refuse(request, response, error);
      case Body.Whole(byte[] bytes) -> response.send("" + bytes.length);
    }
  }

  @Test
  void readsABodyByLengthOrByChunks() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      assertThat(client.send(post("{}")).reply().text()).isEqualTo("2");
      client.send(
          "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{ }\r\n1\r\n \r\n0\r\n\r\n");
      assertThat(client.reply().text()).isEqualTo("4");
    }
  }

  @Test
  void saysThatItsPortIsTaken() {
    var taken = new ServerSettings("127.0.0.1", server.port(), MAX_BODY, Duration.ofSeconds(1));

    assertThatThrownBy(
            () -> ApiServer.start(taken, ERRORS, Metrics.create("test"), _ -> {}).close())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("127.0.0.1:" + server.port())
        .hasMessageContaining("in use");
  }

  @Test
  void refusesAnAnnouncedBodyThatIsTooLargeWithoutReadingItAndCloses() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(413);
      assertThat(error(reply).get("message").asText()).contains("too large", MAX_BODY + " bytes");
      assertThat(client.endsHere()).isTrue();
    }
  }

  @Test
  void letsAClientThatIsBusySendingReadWhyItWasRefused() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
      byte[] piece = new byte[100_000];
      for (int sent = 0; sent < 4_000_000; sent += piece.length) {
        client.send(piece);
      }
      assertThat(client.reply().status()).isEqualTo(413);
    }
  }

  @Test
  void answersAChunkedBodyThatIsTooLargeOnceAndCloses() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 20; i++) {
        client.send("64\r\n" + " ".repeat(100) + "\r\n");
      }
      client.send("0\r\n\r\n");
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(413);
      assertThat(client.endsHere()).as("no second answer").isTrue();
    }
  }

  @Test
  void refusesAHugeChunkByItsAnnouncedSize() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send(
          "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n");
      assertThat(client.reply().status()).isEqualTo(413);
      assertThat(client.endsHere()).isTrue();
    }
  }

  @Test
  void refusesCompressedBodiesWith415() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send(
          "POST /length HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}");
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(415);
      assertThat(error(reply).get("message").asText()).contains("Content-Encoding");
      assertThat(client.send(post("{}")).reply().text())
          .as("the connection lives on")
          .isEqualTo("2");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "garbage",
        "application/json-patch+json"
      })
  void refusesOtherContentTypesAndSaysWhatToSend(String type) throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send(
          "POST /length HTTP/1.1\r\nHost: x\r\nContent-Type: "
              + type
              + "\r\nContent-Length: 2\r\n\r\n{}");
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(415);
      assertThat(error(reply).get("message").asText()).contains("application/json");
    }
  }

  @Test
  void takesAJsonContentTypeWithACharset() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send(
          "POST /length HTTP/1.1\r\nHost: x\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}");
      assertThat(client.reply().text()).isEqualTo("2");
    }
  }

  @Test
  void answersUnknownPathsWith404AndWrongMethodsWith405() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.reply().status()).isEqualTo(404);
      client.send("DELETE /length HTTP/1.1\r\nHost: x\r\n\r\n");
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(405);
      assertThat(reply.header("allow")).contains("POST");
      assertThat(error(reply).size()).isEqualTo(5);
    }
  }

  @Test
  void keepsASaneRequestIdAndReplacesAnother() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("GET /nowhere HTTP/1.1\r\nHost: x\r\nx-request-id: my-id.1\r\n\r\n");
      assertThat(client.reply().header("x-request-id")).contains("my-id.1");
      client.send("GET /nowhere HTTP/1.1\r\nHost: x\r\nx-request-id: <script>\r\n\r\n");
      assertThat(client.reply().header("x-request-id").orElseThrow()).startsWith("req_");
    }
  }

  @Test
  void hidesWhatABugSaidBehindTheRequestId() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("GET /bug HTTP/1.1\r\nHost: x\r\nx-request-id: bug-1\r\n\r\n");
      var reply = client.reply();
      assertThat(reply.status()).isEqualTo(500);
      assertThat(reply.text())
          .contains("bug-1")
          .doesNotContain("secret")
          .doesNotContain("Exception");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\n{}",
        "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n{}",
        "GET /length HTTP/1.1\r\n\r\n",
        "GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /length HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        "B@D /length HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n"
      })
  void answersWhatIsNoHttpInTheSameShapeAndCloses(String request) throws IOException {
    try (var client = RawConnection.to(server.port())) {
      var reply = client.send(request).reply();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(error(reply).get("type").asText()).isEqualTo("invalid_request_error");
      assertThat(reply.header("x-request-id")).isPresent();
      assertThat(client.endsHere()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /nowhere", "GET /bug"})
  void closesTheConnectionOfAClientThatAskedForIt(String request) throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send(request + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThat(client.reply().status()).isGreaterThanOrEqualTo(400);
      assertThat(client.endsHere()).isTrue();
    }
  }

  @Test
  void survivesAClientThatBreaksOffItsUpload() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    }
    try (var client = RawConnection.to(server.port())) {
      assertThat(client.send(post("{}")).reply().text()).isEqualTo("2");
    }
  }

  @Test
  void isClosedOnlyWhenTheCallsItEndedHaveSettled() throws Exception {
    var begun = new CountDownLatch(1);
    var settled = new AtomicBoolean();
    ApiServer closing =
        ApiServer.start(
            new ServerSettings("127.0.0.1", 0, MAX_BODY, Duration.ZERO),
            ERRORS,
            Metrics.create("test"),
            routing ->
                routing.get(
                    "/long",
                    (_, _) -> {
                      begun.countDown();
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException _) {
                        LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
                        settled.set(true);
                      }
                    }));
    try (var client = RawConnection.to(closing.port())) {
      client.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      closing.close();
      assertThat(settled).isTrue();
    }
  }

  private static String post(String body) {
    return "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static JsonNode error(RawConnection.Reply reply) throws IOException {
    return new ObjectMapper().readTree(reply.body()).get("error");
  }
}
