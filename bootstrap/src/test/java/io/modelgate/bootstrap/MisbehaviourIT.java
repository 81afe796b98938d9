package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.bootstrap.UsageRows.UsageRow;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.Scrape;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a backend does over HTTP, a client gets one well-formed answer in bounded time, the call
 * is recorded and charged for what came of it, nothing stays taken, and the next call to the same
 * backend is answered by its own reply. Prints the table.
 */
@TestInstance(Lifecycle.PER_CLASS)
class MisbehaviourIT {
  static final String CREDENTIAL = "the-engines-own-credential";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONG_REQUEST = 4 << 20;

  /** One cell. */
  record Case(Misbehaviour misbehaviour, EngineDialect kind, boolean stream) {
    String expected() {
      return stream ? misbehaviour.streamed : misbehaviour.whole;
    }
  }

  private final Map<Misbehaviour, Map<String, String>> table = new TreeMap<>();

  @SuppressWarnings("NullAway.Init")
  private GatewayFixture gateway;

  @SuppressWarnings("NullAway.Init")
  private Path folder;

  static List<Case> cells() {
    var cells = new ArrayList<Case>();
    for (Misbehaviour misbehaviour : Misbehaviour.values()) {
      for (EngineDialect kind : List.of(EngineDialect.VLLM, EngineDialect.OLLAMA)) {
        cells.add(new Case(misbehaviour, kind, false));
        cells.add(new Case(misbehaviour, kind, true));
      }
    }
    return cells;
  }

  @BeforeAll
  void start(@TempDir Path shared) {
    folder = shared;
    gateway = GatewayFixture.start(folder);
  }

  @AfterAll
  void printAndStop() throws Exception {
    System.out.println("| a backend … | whole | streamed |\n|---|---|---|");
    table.forEach(
        (misbehaviour, seen) ->
            System.out.printf(
                "| %s | %s | %s |%n", misbehaviour.what, seen.get("whole"), seen.get("streamed")));
    nothingIsUnderWay();
    gateway.close();
  }

  @ParameterizedTest
  @MethodSource("cells")
  void isAnsweredOnceAndLeavesNothingBehind(Case cell) throws Exception {
    try (var backend = ScriptedBackend.start(narrow())) {
      var begun = new CountDownLatch(1);
      var good = new GoodReply(cell.kind(), cell.stream());
      cell.misbehaviour().play.prepare(backend, good, begun);
      register(cell, backend);
      IssuedKey key =
          gateway
              .admin()
              .createKey("faults", "\"rpm\":null,\"quota_tokens\":9000000,\"max_concurrent\":1");

      String seen = ask(cell, "m", key, begun);
      table
          .computeIfAbsent(cell.misbehaviour(), _ -> new TreeMap<>())
          .put(cell.stream() ? "streamed" : "whole", seen);

      assertThat(seen).isEqualTo(cell.expected());
      assertThat(gateway.admin().key(key.id()).get("reserved_tokens").asLong()).isZero();
      awaitClosed(backend, seen.matches("200 Hi[^,]*|502 upstream_error|502 upstream_auth_failed"));
      if (cell.misbehaviour() == Misbehaviour.SAYS_IT_TWICE_LATER) {
        backend.awaitPlayed(); // on its way behind the next request, nobody could tell it apart
      }
      backend.onRequest(send(good.sized()), hangUp());
      assertThat(ask(cell, "again", key, new CountDownLatch(1)))
          .as("the next call, on the one place there is")
          .isEqualTo("200 Hi");
      checkRecord(key, seen);
    }
  }

  /** Sent again, since a connection that had rested was closed before any byte of a reply. */
  @Test
  void doesNotNoticeAConnectionThatIsClosedAsItIsUsedAgain() throws Exception {
    try (var backend = ScriptedBackend.start()) {
      var cell = new Case(Misbehaviour.CLOSES_WHEN_ASKED, EngineDialect.VLLM, false);
      String reply = new GoodReply(cell.kind(), false).sized();
      backend.onRequest(send(reply)).onRequest(hangUp()).onRequest(send(reply));
      register(cell, backend);
      IssuedKey key = gateway.admin().createKey("reuse");

      assertThat(ask(cell, "again", key, new CountDownLatch(1))).isEqualTo("200 Hi");
      assertThat(ask(cell, "again", key, new CountDownLatch(1))).isEqualTo("200 Hi");

      assertThat(backend.requests())
          .extracting(ScriptedBackend.Request::connection)
          .containsExactly(1, 1, 2);
    }
  }

  /** One that takes little in when nobody reads from it. */
  private static ServerSocket narrow() throws IOException {
    var server = new ServerSocket();
    server.setReceiveBufferSize(4_096);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return server;
  }

  private void register(Case cell, ScriptedBackend backend) throws IOException {
    gateway.admin().removeModels();
    String timeout = cell.misbehaviour().isSilent() ? "300ms" : "20s";
    String url =
        cell.misbehaviour() == Misbehaviour.DOES_NOT_LISTEN
            ? "http://127.0.0.1:" + closedPort()
            : backend.baseUrl().toString();
    add(cell, "m", url, timeout);
    add(cell, "again", backend.baseUrl().toString(), "20s");
  }

  private void add(Case cell, String name, String url, String timeout) {
    gateway
        .admin()
        .createModel(
            "{\"name\":\"%s\",\"upstream_model\":\"m\",\"backend\":\"%s\",\"base_url\":\"%s\",\"timeout\":\"%s\",\"api_key\":\"%s\"}"
                .formatted(
                    name, cell.kind().name().toLowerCase(Locale.ROOT), url, timeout, CREDENTIAL));
  }

  private static int closedPort() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return taken.getLocalPort();
    }
  }

  /** Asks, reads one reply and the end of the connection, and says what it was. */
  private String ask(Case cell, String model, IssuedKey key, CountDownLatch begun)
      throws IOException {
    boolean lengthy = cell.misbehaviour().needsLongRequest() && model.equals("m");
    String prompt = lengthy ? "a ".repeat(LONG_REQUEST / 2) : "Hello";
    byte[] body =
        "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted(model, cell.stream(), prompt)
            .getBytes(StandardCharsets.UTF_8);
    try (var client = RawConnection.to(gateway.port())) {
      client
          .send(
              "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
                  .formatted(key.secret(), body.length))
          .send(body);
      RawConnection.Reply reply = client.reply(begun::countDown);
      assertThat(client.endsHere()).as("nothing after the reply").isTrue();
      String all = String.join("\n", reply.head()) + reply.text();
      assertThat(all).doesNotContain("127.0.0.1", "localhost", CREDENTIAL, "Poison", "elsewhere");
      return seen(reply);
    }
  }

  private static String seen(RawConnection.Reply reply) throws IOException {
    String type = reply.header("content-type").orElse("");
    return reply.status()
        + " "
        + (type.startsWith("text/event-stream") ? streamed(reply.text()) : whole(reply.text()));
  }

  private static String whole(String body) throws IOException {
    JsonNode reply = JSON.readTree(body);
    return reply.has("error")
        ? word(reply.get("error"))
        : brief(reply.at("/choices/0/message/content").textValue());
  }

  private static String streamed(String body) throws IOException {
    assertThat(body).doesNotContain("\ufffd").endsWith("\n\n");
    var said = new StringBuilder();
    String end = ", no end";
    for (String line : body.lines().filter(text -> text.startsWith("data:")).toList()) {
      assertThat(end).as("nothing after the end").isEqualTo(", no end");
      String data = line.substring("data:".length()).strip();
      if (data.equals("[DONE]")) {
        end = "";
      } else {
        JsonNode event = JSON.readTree(data);
        if (event.has("error")) {
          end = ", error " + word(event.get("error"));
        }
        said.append(event.at("/choices/0/delta/content").asText(""));
      }
    }
    return brief(said.toString()) + end;
  }

  /** Every error has OpenAI's four members, and its status. */
  private static String word(JsonNode error) {
    assertThat(error.properties())
        .extracting(Map.Entry::getKey)
        .containsExactlyInAnyOrder("message", "type", "param", "code", "status");
    assertThat(error.get("message").textValue()).isNotBlank();
    return (error.get("code").isNull() ? error.get("type") : error.get("code")).textValue();
  }

  private static String brief(String text) {
    return text.length() < 20 ? text : text.substring(0, 2) + "… (" + text.length() + ")";
  }

  /** A connection that failed is not kept; one whose reply was well delimited may be. */
  private static void awaitClosed(ScriptedBackend backend, boolean mayBeKept)
      throws InterruptedException {
    int most = mayBeKept ? 1 : 0;
    for (int look = 0; backend.open() > most; look++) {
      assertThat(look).as("2 s later still open: %s", backend.open()).isLessThan(400);
      Thread.sleep(5);
    }
  }

  private void checkRecord(IssuedKey key, String seen) {
    UsageRows rows = UsageRows.of(folder.resolve("modelgate.db"));
    List<UsageRow> calls = rows.of(key.id());
    assertThat(calls).as("one record for each of the two calls").hasSize(2);
    UsageRow call = calls.getFirst();
    assertThat(call.outcome()).isEqualTo(outcome(seen));
    assertThat(call.status()).isEqualTo(Integer.parseInt(seen.substring(0, 3)));
    assertThat(call.total())
        .as("charged for what came of it")
        .isEqualTo(seen.startsWith("200") ? (seen.contains("error") ? 6 + 1 : 7 + 2) : 0);
    assertThat(rows.usedByKey().get(key.id())).isEqualTo(rows.total(key.id()));
  }

  private static String outcome(String seen) {
    if (seen.endsWith("upstream_timeout")) {
      return "timed_out";
    }
    if (seen.contains("error upstream") || seen.matches("502 upstream_(cut|inv).*")) {
      return "upstream_broke";
    }
    return seen.startsWith("200") ? "completed" : "refused_by_backend";
  }

  private void nothingIsUnderWay() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics"))
              .header("Authorization", "Bearer " + GatewayFixture.ADMIN_KEY)
              .build();
      var scrape = Scrape.parse(http.send(request, BodyHandlers.ofString()).body());
      assertThat(scrape.sum("modelgate_requests_in_flight")).as("but the scrape").isEqualTo(1);
      assertThat(scrape.sum("modelgate_usage_owed")).isZero();
    }
  }
}
