package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.RequestBodies.Body;
import io.modelgate.testing.wire.RawConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests of which a proxy in front and a server behind could be of two minds, each with another
 * behind it that only one of them sees. The table goes to standard output.
 */
@Timeout(120)
class SmugglingTest {
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final String POST = "POST /length HTTP/1.1\r\n";
  private static final String HOST = "Host: x\r\n";
  private static final String CHUNKED = POST + HOST + "Transfer-Encoding: chunked\r\n\r\n";
  private static final ApiErrors ERRORS = new ApiErrors(false);
  private static final Queue<String> REACHED = new ConcurrentLinkedQueue<>();
  private static final List<String> TABLE = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private static ApiServer server;

  @BeforeAll
  static void start() {
    server =
        ApiServer.start(
            new ServerSettings("127.0.0.1", 0, 1000, Duration.ZERO),
            ERRORS,
            Metrics.create("test"),
            routing ->
                routing
                    .post("/length", SmugglingTest::answerLength)
                    .get("/any/*", (_, response) -> response.send("any"))
                    .any(
                        "/smuggled",
                        (_, response) -> {
                          REACHED.add("/smuggled");
                          response.send("reached");
                        }));
  }

  @AfterAll
  static void stop() {
    server.close();
    System.out.println("request refused                                    answers   then");
    TABLE.forEach(System.out::println);
  }

  @AfterEach
  void forget() {
    REACHED.clear();
  }

  private static void answerLength(ServerRequest request, ServerResponse response) {
    REACHED.add("/length");
    switch (new RequestBodies(1000).read(request)) {
      case Body.Unfit(ApiError error) -> ERRORS.refuse(request, response, error);
      case Body.Whole(byte[] bytes) -> response.send("" + bytes.length);
    }
  }

  /**
   * One of the corpus.
   *
   * @param bytes the request up to where the smuggled one begins
   */
  record Attempt(String name, int status, String bytes) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Attempt bad(String name, String bytes) {
    return new Attempt(name, 400, bytes);
  }

  private static Attempt length(String name, String value) {
    return bad("Content-Length " + name, POST + HOST + "Content-Length:" + value + "\r\n\r\n{}");
  }

  private static Attempt coding(String name, String header) {
    return bad("Transfer-Encoding " + name, POST + HOST + header + "\r\n\r\n0\r\n\r\n");
  }

  private static Attempt chunk(String name, String body) {
    return bad("chunk: " + name, CHUNKED + body);
  }

  private static Attempt head(String name, String head) {
    return bad(name, head + "\r\n\r\n");
  }

  static Stream<Attempt> corpus() {
    return Stream.of(
            framings(), lengths(), codings(), chunks(), lines(), targets(), hosts(), versions())
        .flatMap(all -> all);
  }

  private static Stream<Attempt> framings() {
    String both = POST + HOST + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n";
    return Stream.of(
        bad("CL.TE", both + "0\r\n\r\n"),
        bad("TE.CL", POST + HOST + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n"),
        bad(
            "CL 0 beside TE",
            POST + HOST + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        bad(
            "TE of GET beside CL",
            "GET /length HTTP/1.1\r\n"
                + HOST
                + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        bad(
            "Connection: close, Content-Length",
            POST + HOST + "Connection: close, Content-Length\r\nContent-Length: 2\r\n\r\n{}"),
        bad(
            "Connection: Transfer-Encoding",
            POST
                + HOST
                + "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  }

  private static Stream<Attempt> lengths() {
    return Stream.of(
        length("twice, same", " 2\r\nContent-Length: 2"),
        length("twice, different", " 2\r\nContent-Length: 40"),
        length("5, 5", " 2, 2"),
        length("+2", " +2"),
        length("-2", " -2"),
        length("0x2", " 0x2"),
        length("2e0", " 2e0"),
        length("2 2", " 2 2"),
        length("empty", ""),
        length("with VT", " \u000b2"),
        length("with NUL", " 2\0"),
        length("with NBSP", " \u00a02"),
        length("over 64 bits", " 18446744073709551618"),
        length("folded", "\r\n 2"),
        bad("Content-Length before its colon", POST + HOST + "Content-Length : 2\r\n\r\n{}"));
  }

  private static Stream<Attempt> codings() {
    return Stream.of(
        coding("xchunked", "Transfer-Encoding: xchunked"),
        coding("chunkedx", "Transfer-Encoding: chunkedx"),
        coding("chunked, identity", "Transfer-Encoding: chunked, identity"),
        coding("identity, chunked", "Transfer-Encoding: identity, chunked"),
        coding("gzip, chunked", "Transfer-Encoding: gzip, chunked"),
        coding("identity", "Transfer-Encoding: identity"),
        coding("chunked, chunked", "Transfer-Encoding: chunked, chunked"),
        coding("comma", "Transfer-Encoding: ,chunked"),
        coding("quoted", "Transfer-Encoding: \"chunked\""),
        coding("with a parameter", "Transfer-Encoding: chunked;q=1"),
        coding("with VT", "Transfer-Encoding: \u000bchunked"),
        coding("with FF", "Transfer-Encoding: chunked\u000c"),
        coding("with NUL", "Transfer-Encoding: chunked\0"),
        coding("with NBSP", "Transfer-Encoding: \u00a0chunked"),
        coding("empty", "Transfer-Encoding:"),
        coding("twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        coding("twice, same", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        coding("blank before colon", "Transfer-Encoding : chunked"),
        coding("blank before name", " Transfer-Encoding: chunked"),
        coding("tab before colon", "Transfer-Encoding\t: chunked"),
        coding("folded", "Transfer-Encoding:\r\n chunked"),
        coding("folded name", "X: y\r\n\tTransfer-Encoding: chunked"),
        coding("behind a bare CR", "X: y\rTransfer-Encoding: chunked"),
        coding("behind a bare LF", "X: y\nTransfer-Encoding: chunked"));
  }

  private static Stream<Attempt> chunks() {
    return Stream.of(
        chunk("extension", "2;a=b\r\n{}\r\n0\r\n\r\n"),
        chunk("empty extension", "2;\r\n{}\r\n0\r\n\r\n"),
        chunk("extension of the last", "2\r\n{}\r\n0;x\r\n\r\n"),
        chunk("oversize extension", "2;" + "a".repeat(70_000) + "\r\n{}\r\n0\r\n\r\n"),
        chunk("extension with a bare LF", "2;a\n{}\r\n0\r\n\r\n"),
        chunk("extension with NUL", "2;\0\r\n{}\r\n0\r\n\r\n"),
        chunk("+2", "+2\r\n{}\r\n0\r\n\r\n"),
        chunk("-2", "-2\r\n{}\r\n0\r\n\r\n"),
        chunk("0x2", "0x2\r\n{}\r\n0\r\n\r\n"),
        chunk("blank before", " 2\r\n{}\r\n0\r\n\r\n"),
        chunk("blank behind", "2 \r\n{}\r\n0\r\n\r\n"),
        chunk("tab behind", "2\t\r\n{}\r\n0\r\n\r\n"),
        chunk("no size", "\r\n{}\r\n0\r\n\r\n"),
        chunk("over 32 bits", "100000002\r\n{}\r\n0\r\n\r\n"),
        chunk("over 64 bits", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
        chunk("zeros without end", "0".repeat(400) + "2\r\n{}\r\n0\r\n\r\n"),
        chunk("bare LF", "2\n{}\n0\n\n"),
        chunk("bare CR", "2\r{}\r0\r\r"),
        chunk("no line end behind", "2\r\n{}0\r\n\r\n"),
        chunk("longer than said", "2\r\n{}{}\r\n0\r\n\r\n"),
        chunk("LF alone behind", "2\r\n{}\n0\r\n\r\n"),
        chunk("trailer", "2\r\n{}\r\n0\r\nContent-Length: 40\r\n\r\n"),
        chunk("trailer of another kind", "2\r\n{}\r\n0\r\nX: y\r\n\r\n"),
        chunk("no end", "2\r\n{}\r\n0\r\n"));
  }

  private static Stream<Attempt> lines() {
    return Stream.of(
        head("bare LF in the request line", "GET /length HTTP/1.1\nHost: x"),
        head("bare LF between headers", "GET /length HTTP/1.1\r\nHost: x\nX: y"),
        bad("bare LF ends the head", "GET /length HTTP/1.1\r\nHost: x\r\n\n"),
        head("bare CR in a header", "GET /length HTTP/1.1\r\nHost: x\r\nX: a\rb"),
        bad("CR CR LF", "GET /length HTTP/1.1\r\nHost: x\r\r\n\r\n"),
        head("NUL in a header", "GET /length HTTP/1.1\r\nHost: x\r\nX: a\0b"),
        head("NUL in a name", "GET /length HTTP/1.1\r\nHost: x\r\nX\0: a"),
        head("NUL in the target", "GET /len\0gth HTTP/1.1\r\nHost: x"),
        head("tab in the request line", "GET\t/length HTTP/1.1\r\nHost: x"),
        head("two blanks in the request line", "GET  /length HTTP/1.1\r\nHost: x"),
        head("blank behind the version", "GET /length HTTP/1.1 \r\nHost: x"),
        head("obs-fold", "GET /length HTTP/1.1\r\nHost: x\r\nX: a\r\n b"),
        head("obs-fold with a tab", "GET /length HTTP/1.1\r\nHost: x\r\nX: a\r\n\tb"),
        head("header first is folded", "GET /length HTTP/1.1\r\n Host: x\r\nHost: x"),
        head("no colon", "GET /length HTTP/1.1\r\nHost: x\r\nnonsense"),
        head("no name", "GET /length HTTP/1.1\r\nHost: x\r\n: y"),
        head("umlaut in a name", "GET /length HTTP/1.1\r\nHost: x\r\nX\u00e4: y"),
        head("empty line first", "\r\nGET /length HTTP/1.1\r\nHost: x"));
  }

  private static Stream<Attempt> targets() {
    return Stream.of(
        head("absolute form", "GET http://x/length HTTP/1.1\r\nHost: x"),
        head("absolute form, other host", "GET http://evil/length HTTP/1.1\r\nHost: x"),
        head("authority form", "CONNECT evil:443 HTTP/1.1\r\nHost: evil:443"),
        head("no slash", "GET length HTTP/1.1\r\nHost: x"),
        head("a star of GET", "GET * HTTP/1.1\r\nHost: x"),
        head("fragment", "GET /length#x HTTP/1.1\r\nHost: x"),
        head("raw UTF-8", "GET /l\u00c3\u00a4nge HTTP/1.1\r\nHost: x"),
        head("broken escape", "GET /%zz HTTP/1.1\r\nHost: x"),
        path("/v1/../smuggled"),
        path("/v1/%2e%2E/smuggled"),
        path("/v1/..%2Fsmuggled"),
        path("/v1%2F..%2Fsmuggled"),
        path("/v1/..;/smuggled"),
        path("//smuggled"),
        path("/.//smuggled"),
        path("/./smuggled"),
        path("/smuggled/."),
        path("/x/..?smuggled"),
        path("/%73muggled"),
        path("/%2Fsmuggled"),
        path("/smuggled;x=1"),
        path("/x\\..\\smuggled"));
  }

  /** One that a server could take for that of {@link #SMUGGLED}. */
  private static Attempt path(String path) {
    return head("the path " + path, "GET " + path + " HTTP/1.1\r\nHost: x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/smuggled?x=../..//;%41",
        "/smuggled?//",
        "/any/org%2Fmodel:7b",
        "/any/org%2F..model",
        "/any/.hidden",
        "/any/..x",
        "/any/%2e.%2e",
        "/any/a%3Bb%20c"
      })
  void letsPathsThroughThatAreNobodysAlias(String path) throws IOException {
    assertThat(answersTo("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
  }

  private static Stream<Attempt> hosts() {
    return Stream.of(
        head("no Host", "GET /length HTTP/1.1\r\nX: y"),
        head("two Hosts", "GET /length HTTP/1.1\r\nHost: x\r\nHost: evil"),
        head("two Hosts, same", "GET /length HTTP/1.1\r\nHost: x\r\nhost: x"),
        head("empty Host", "GET /length HTTP/1.1\r\nHost:"),
        head("Host with a path", "GET /length HTTP/1.1\r\nHost: x/y"),
        head("Host with a list", "GET /length HTTP/1.1\r\nHost: x, evil"));
  }

  private static Stream<Attempt> versions() {
    return Stream.of(
        new Attempt(
            "HTTP/1.0 with TE",
            505,
            "POST /length HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        new Attempt("HTTP/1.0", 505, "GET /length HTTP/1.0\r\nHost: x\r\n\r\n"),
        new Attempt("HTTP/2 by prior knowledge", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        bad("HTTP/0.9", "GET /length\r\n"),
        head("HTTP/1.1 in small letters", "GET /length http/1.1\r\nHost: x"),
        head("HTTP/01.1", "GET /length HTTP/01.1\r\nHost: x"),
        new Attempt("HTTP/1.2", 505, "GET /length HTTP/1.2\r\nHost: x\r\n\r\n"),
        new Attempt("HTTP/3.0", 505, "GET /length HTTP/3.0\r\nHost: x\r\n\r\n"));
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void refusesOnceAndNeverReachesWhatIsBehind(Attempt attempt) throws IOException {
    String text = answersTo(attempt.bytes() + SMUGGLED + SMUGGLED);

    note(attempt, text);
    assertThat(statuses(text)).containsExactly(attempt.status());
    assertThat(text).contains("invalid_request_error").containsIgnoringCase("connection: close");
    assertThat(REACHED).doesNotContain("/smuggled");
  }

  private static String answersTo(String bytes) throws IOException {
    try (var client = RawConnection.to(server.port())) {
      client.send(bytes).halfClose();
      return new String(client.rest(), StandardCharsets.ISO_8859_1);
    }
  }

  private static void note(Attempt attempt, String text) {
    TABLE.add(
        "%-50s %-9s %s"
            .formatted(
                attempt.name(),
                statuses(text),
                REACHED.contains("/smuggled") ? "SMUGGLED" : "closed, nothing reached"));
  }

  private static List<Integer> statuses(String text) {
    return Stream.of(text.split("(?=HTTP/1\\.1 \\d)"))
        .filter(answer -> answer.startsWith("HTTP/1.1 "))
        .map(answer -> Integer.valueOf(answer.substring(9, 12)))
        .toList();
  }

  @Test
  void answersAnUpgradeAsIfItHadNotBeenAskedForAndThenSpeaksHttpAsBefore() throws IOException {
    String upgrade =
        "POST /length HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 2\r\n\r\n{}";

    String text = answersTo(upgrade + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED);

    TABLE.add("%-50s %-9s %s".formatted("h2c upgrade, then HTTP/2", statuses(text), "closed"));
    assertThat(statuses(text)).containsExactly(200, 505);
    assertThat(REACHED).containsExactly("/length");
  }

  @Test
  void answersTwoHonestRequestsInOnePieceOrInManyBytes() throws IOException {
    String two =
        POST
            + HOST
            + "Content-Length:\t2 \r\n\r\n{}"
            + POST
            + "hOSt:x\r\ntransfer-ENCODING: Chunked\r\n\r\n00a\r\n0123456789\r\n1\r\n}\r\n0\r\n\r\n"
            + "GET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assertThat(answersTo(two)).contains("\r\n\r\n2", "\r\n\r\n11");

    try (var client = RawConnection.to(server.port())) {
      for (int i = 0; i < two.length(); i++) {
        client.send(two.substring(i, i + 1));
      }
      assertThat(client.reply().text()).isEqualTo("2");
      assertThat(client.reply().text()).isEqualTo("11");
      assertThat(client.reply().text()).isEqualTo("reached");
    }
  }
}
