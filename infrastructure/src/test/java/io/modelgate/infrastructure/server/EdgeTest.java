package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.RequestBodies.Body;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.RawConnection.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes to the byte, security headers, and pages that call from a browser. */
@Timeout(60)
class EdgeTest {
  private static final int FIVE_MEGABYTES = 5 * 1024 * 1024;
  private static final String PAGE = "https://chat.example.org";
  private static final ApiErrors ERRORS = new ApiErrors(false);

  @SuppressWarnings("NullAway.Init")
  private static ApiServer server;

  @BeforeAll
  static void start() {
    server =
        ApiServer.start(
            new ServerSettings(
                "127.0.0.1",
                0,
                FIVE_MEGABYTES,
                Duration.ZERO,
                List.of(),
                WrongKeys.unbounded(),
                Set.of(PAGE),
                ConnectionLimits.USUAL,
                null),
            ERRORS,
            Metrics.create("test"),
            routing ->
                routing
                    .post("/v1/length", EdgeTest::answerLength)
                    .get("/v1/ok", (_, response) -> response.send("ok"))
                    .get("/health", (_, response) -> response.send("ok")));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void answerLength(ServerRequest request, ServerResponse response) {
    switch (new RequestBodies(FIVE_MEGABYTES).read(request)) {
      case Body.Unfit(ApiError error) -> ERRORS.refuse(request, response, error);
      case Body.Whole(byte[] bytes) -> response.send("" + bytes.length);
    }
  }

  private static Reply ask(String head) throws IOException {
    try (var client = RawConnection.to(server.port())) {
      return client.send(head + "\r\n\r\n").reply();
    }
  }

  @Test
  void takesABodyOfExactlyTheLimit() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /v1/length HTTP/1.1\r\nHost: x\r\nContent-Length: 5242880\r\n\r\n");
      assertThat(client.send(new byte[FIVE_MEGABYTES]).reply().text()).isEqualTo("5242880");

      client.send("POST /v1/length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 5; i++) {
        client.send("100000\r\n").send(new byte[1024 * 1024]).send("\r\n");
      }
      assertThat(client.send("0\r\n\r\n").reply().text()).isEqualTo("5242880");
    }
  }

  @Test
  void refusesOneByteMoreOnceAndCloses() throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /v1/length HTTP/1.1\r\nHost: x\r\nContent-Length: 5242881\r\n\r\n");
      client.send(new byte[FIVE_MEGABYTES + 1]);
      assertThatIsTooLarge(client);
    }
    try (var client = RawConnection.to(server.port())) {
      client.send("POST /v1/length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 5; i++) {
        client.send("100000\r\n").send(new byte[1024 * 1024]).send("\r\n");
      }
      client.send("1\r\nx\r\n0\r\n\r\n");
      assertThatIsTooLarge(client);
    }
  }

  private static void assertThatIsTooLarge(RawConnection client) throws IOException {
    Reply reply = client.reply();
    assertThat(reply.status()).isEqualTo(413);
    assertThat(reply.text()).contains("too large", "5242880");
    assertThat(client.endsHere()).as("one answer, then the end").isTrue();
  }

  @Test
  void boundsTheRequestLine() throws IOException {
    int around = "GET /?".length() + " HTTP/1.1".length();
    String longest = "a".repeat(8 * 1024 - around);

    assertThat(ask("GET /?" + longest + " HTTP/1.1\r\nHost: x").status()).isEqualTo(404);
    Reply refused = ask("GET /?" + longest + "a HTTP/1.1\r\nHost: x");
    assertThat(refused.status()).isEqualTo(414);
    assertThat(refused.text()).contains("invalid_request_error", "too long");
    assertThat(ask("GET /" + "a".repeat(100_000)).status()).as("without an end").isEqualTo(414);
  }

  @Test
  void boundsTheHeaders() throws IOException {
    int around = "Host: x\r\nX: \r\n".length();
    String longest = "a".repeat(32 * 1024 - around);

    assertThat(ask("GET /health HTTP/1.1\r\nHost: x\r\nX: " + longest).status()).isEqualTo(200);
    Reply refused = ask("GET /health HTTP/1.1\r\nHost: x\r\nX: " + longest + "a");
    assertThat(refused.status()).isEqualTo(431);
    assertThat(refused.text()).contains("invalid_request_error", "too large");
    assertThat(ask("GET /health HTTP/1.1\r\nHost: x" + "\r\nX: y".repeat(99)).status())
        .isEqualTo(200);
    assertThat(ask("GET /health HTTP/1.1\r\nHost: x" + "\r\nX: y".repeat(100)).status())
        .isEqualTo(431);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GET /health HTTP/1.1\r\nHost: x", "GET /nowhere HTTP/1.1\r\nHost: x", "nonsense"})
  void tellsBrowsersNotToGuessWhatAReplyIs(String head) throws IOException {
    assertThat(ask(head).header("x-content-type-options")).contains("nosniff");
  }

  @Test
  void answersThePreflightOfAPageThatMayCall() throws IOException {
    Reply reply =
        ask(
            "OPTIONS /v1/length HTTP/1.1\r\nHost: x\r\nOrigin: "
                + PAGE
                + "\r\nAccess-Control-Request-Method: POST"
                + "\r\nAccess-Control-Request-Headers: authorization,content-type,x-stainless-os");

    assertThat(reply.status()).isEqualTo(204);
    assertThat(reply.header("access-control-allow-origin")).contains(PAGE);
    assertThat(reply.header("access-control-allow-methods")).contains("GET, POST");
    assertThat(reply.header("access-control-allow-headers"))
        .contains("authorization,content-type,x-stainless-os");
    assertThat(reply.header("access-control-allow-credentials")).isEmpty();
    assertThat(reply.header("vary")).contains("Origin");
  }

  @Test
  void letsAPageThatMayCallReadTheReply() throws IOException {
    Reply reply = ask("GET /v1/ok HTTP/1.1\r\nHost: x\r\nOrigin: " + PAGE);

    assertThat(reply.text()).isEqualTo("ok");
    assertThat(reply.header("access-control-allow-origin")).contains(PAGE);
    assertThat(reply.header("access-control-expose-headers").orElse(""))
        .contains("x-request-id", "x-ratelimit-remaining-tokens", "retry-after");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/ok HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example.org",
        "GET /v1/ok HTTP/1.1\r\nHost: x\r\nOrigin: null",
        "GET /health HTTP/1.1\r\nHost: x\r\nOrigin: " + PAGE,
        "OPTIONS /v1/ok HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: GET\r\nOrigin: https://evil.example.org",
      })
  void tellsNoOtherPageThatItMay(String head) throws IOException {
    assertThat(ask(head).head())
        .noneMatch(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("access-control"));
  }
}
