package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.bootstrap.UsageRows.UsageRow;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way in which a call can end, on every kind of backend, streamed and whole: one record, its
 * tokens, who counted them, the key's quota, and nothing left taken. Prints the table.
 */
@TestInstance(Lifecycle.PER_CLASS)
class EndingsIT {
  /** 4 for the message and 2 for its five bytes. */
  private static final int PROMPT_ESTIMATE = 6;

  private static final Duration PACE = Duration.ofMillis(5);
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";

  /** The ways. */
  enum Way {
    COMPLETED,
    REFUSED_BY_BACKEND,
    CLIENT_GONE,
    UPSTREAM_BROKE,
    TIMED_OUT,
    CUT_BY_QUOTA,
    SHUT_DOWN
  }

  /** One cell. */
  record Case(EngineDialect kind, boolean stream, Way way) {
    String row() {
      return "%-9s %-6s"
          .formatted(kind.name().toLowerCase(Locale.ROOT), stream ? "stream" : "whole");
    }

    String backend() {
      return kind.name().toLowerCase(Locale.ROOT);
    }
  }

  /** What is to be recorded. */
  record Expected(long prompt, long completion, String source, String outcome, int status) {}

  private final Map<String, Map<Way, String>> table = new TreeMap<>();

  @TempDir Path folder = Path.of("unset");

  static List<Case> cells() {
    var cells = new ArrayList<Case>();
    for (EngineDialect kind : EngineDialect.values()) {
      for (boolean stream : new boolean[] {true, false}) {
        for (Way way : Way.values()) {
          cells.add(new Case(kind, stream, way));
        }
      }
    }
    return cells;
  }

  @AfterAll
  void print() {
    System.out.println("How calls end: prompt+completion tokens, who counted, outcome, status");
    System.out.println(
        "                "
            + Stream.of(Way.values())
                .map(way -> "| %-38s".formatted(way))
                .collect(Collectors.joining()));
    table.forEach(
        (row, cells) ->
            System.out.println(
                row
                    + Stream.of(Way.values())
                        .map(way -> "| %-38s".formatted(cells.getOrDefault(way, "–")))
                        .collect(Collectors.joining())));
  }

  @ParameterizedTest
  @MethodSource("cells")
  void isRecordedOnceAndChargedAndGivenBack(Case cell) throws Exception {
    Path data = Files.createTempDirectory(folder, "cell");
    try (var backend = ScriptedBackend.start()) {
      var asked = new CountDownLatch(1);
      script(cell, backend, asked);
      IssuedKey key;
      try (var gateway = GatewayFixture.start(data, Map.of("MG_SERVER_SHUTDOWN_GRACE", "0s"))) {
        register(cell, gateway, backend);
        key = gateway.admin().createKey("ends", limits(cell));
        switch (cell.way()) {
          case CLIENT_GONE -> leave(cell, gateway, key, asked);
          case SHUT_DOWN -> stopDuring(cell, gateway, key, asked);
          case COMPLETED, REFUSED_BY_BACKEND, UPSTREAM_BROKE, TIMED_OUT, CUT_BY_QUOTA ->
              readAll(cell, gateway, key);
        }
        if (cell.way() != Way.SHUT_DOWN) {
          checkNothingIsTaken(cell, gateway, key);
        }
      }
      check(cell, UsageRows.of(data.resolve("modelgate.db")), key);
    }
  }

  private void check(Case cell, UsageRows rows, IssuedKey key) {
    UsageRow row = rows.of(key.id()).getFirst();
    table
        .computeIfAbsent(cell.row(), _ -> new TreeMap<>())
        .put(
            cell.way(),
            "%d+%d %s %s %d"
                .formatted(
                    row.prompt(), row.completion(), row.source(), row.outcome(), row.status()));
    assertThat(
            new Expected(row.prompt(), row.completion(), row.source(), row.outcome(), row.status()))
        .isEqualTo(expected(cell));
    assertThat(row.backend()).isEqualTo(cell.backend());
    assertThat(row.model()).isEqualTo("m");
    assertThat(row.stream()).isEqualTo(cell.stream());
    assertThat(rows.usedByKey().getOrDefault(key.id(), 0L)).isEqualTo(rows.total(key.id()));
    assertThat(rows.of(key.id())).hasSize(cell.way() == Way.SHUT_DOWN ? 1 : 2);
  }

  private static Expected expected(Case cell) {
    String broken = cell.stream() ? "running_count" : "estimate";
    long prompt = cell.stream() ? PROMPT_ESTIMATE : 0;
    long word = cell.stream() ? 1 : 0;
    return switch (cell.way()) {
      case COMPLETED -> new Expected(7, 2, "upstream", "completed", 200);
      case REFUSED_BY_BACKEND ->
          new Expected(0, 0, "estimate", "refused_by_backend", refusalOf(cell.kind()));
      case CLIENT_GONE -> new Expected(prompt, word, broken, "client_gone", 499);
      case UPSTREAM_BROKE ->
          new Expected(prompt, word, broken, "upstream_broke", cell.stream() ? 200 : 502);
      case TIMED_OUT -> new Expected(prompt, word, broken, "timed_out", cell.stream() ? 200 : 504);
      case CUT_BY_QUOTA ->
          cell.stream()
              ? new Expected(PROMPT_ESTIMATE, 5, "running_count", "cut_by_quota", 200)
              : new Expected(7, 2, "upstream", "completed", 200); // whole replies are bounded
      case SHUT_DOWN -> new Expected(prompt, word, broken, "shut_down", cell.stream() ? 200 : 503);
    };
  }

  private static int refusalOf(EngineDialect kind) {
    return switch (kind) {
      case VLLM, OLLAMA -> 404;
      case LLAMACPP, OPENAI -> 400;
      case API3 -> 422;
    };
  }

  private static void script(Case cell, ScriptedBackend backend, CountDownLatch asked) {
    EngineDialect kind = cell.kind();
    List<String> events = kind.events(Endpoint.CHAT_COMPLETIONS);
    String whole = EngineDialect.whole(kind.body(Endpoint.CHAT_COMPLETIONS));
    String begun = kind.streamHead() + firstWords(events);
    String answer = cell.stream() ? kind.streamHead() + String.join("", events) : whole;
    ScriptedBackend.Step told = _ -> asked.countDown();
    switch (cell.way()) {
      case COMPLETED -> backend.onRequest(send(answer), hangUp());
      case REFUSED_BY_BACKEND -> backend.onRequest(send(kind.refusal()), hangUp());
      case CLIENT_GONE, SHUT_DOWN, TIMED_OUT -> {
        if (cell.stream()) {
          backend.onRequest(send(begun), told, backend.silence());
        } else {
          backend.onRequest(told, backend.silence());
        }
      }
      case UPSTREAM_BROKE -> {
        String broken =
            cell.stream() ? begun : EngineDialect.cut(kind.body(Endpoint.CHAT_COMPLETIONS));
        backend.onRequest(send(broken), hangUp());
      }
      case CUT_BY_QUOTA -> {
        if (cell.stream()) {
          backend.onRequest(send(kind.streamHead()), backend.drip(word(kind), PACE, 50));
        } else {
          backend.onRequest(send(whole), hangUp());
        }
      }
    }
    backend.onRequest(send(answer), hangUp()); // the call that shows that nothing is taken
  }

  /** An event that says one token. */
  private static String word(EngineDialect kind) {
    return firstWords(
            kind.events(Endpoint.CHAT_COMPLETIONS).stream()
                .filter(event -> event.contains("Hi"))
                .toList())
        .replace("Hi", " the");
  }

  /** Up to and with the one that says something. */
  private static String firstWords(List<String> events) {
    var said = new StringBuilder();
    for (String event : events) {
      said.append(event);
      if (event.contains("Hi")) {
        break;
      }
    }
    return said.toString();
  }

  private static String limits(Case cell) {
    long quota = cell.way() == Way.CUT_BY_QUOTA ? PROMPT_ESTIMATE + 5 : 1_000_000;
    return "\"rpm\":null,\"max_concurrent\":1,\"quota_tokens\":" + quota;
  }

  private static void register(Case cell, GatewayFixture gateway, ScriptedBackend backend) {
    String timeout = cell.way() == Way.TIMED_OUT ? "400ms" : "20s";
    gateway
        .admin()
        .createModel(
            "{\"name\":\"m\",\"backend\":\"%s\",\"base_url\":\"%s\",\"timeout\":\"%s\"}"
                .formatted(cell.backend(), backend.baseUrl(), timeout));
  }

  private static Socket ask(Case cell, GatewayFixture gateway, IssuedKey key) throws IOException {
    byte[] body =
        ("{\"model\":\"m\",\"stream\":" + cell.stream() + "," + MESSAGES + "}")
            .getBytes(StandardCharsets.UTF_8);
    var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setSoTimeout(20_000);
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(key.secret(), body.length);
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(body);
    return socket;
  }

  private static String readAll(Case cell, GatewayFixture gateway, IssuedKey key)
      throws IOException {
    try (Socket socket = ask(cell, gateway, key)) {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Reads until a stream has begun; of a whole reply there is nothing to read. */
  private static void awaitBegin(Case cell, Socket socket, CountDownLatch asked)
      throws IOException, InterruptedException {
    asked.await();
    if (cell.stream()) {
      InputStream in = socket.getInputStream();
      var seen = new StringBuilder();
      while (seen.indexOf("Hi") < 0) {
        int b = in.read();
        assertThat(b).as("ended early: %s", seen).isNotNegative();
        seen.append((char) b);
      }
    }
  }

  private static void leave(Case cell, GatewayFixture gateway, IssuedKey key, CountDownLatch asked)
      throws IOException, InterruptedException {
    try (Socket socket = ask(cell, gateway, key)) {
      awaitBegin(cell, socket, asked);
    }
    awaitRecord(gateway, key);
  }

  private static void stopDuring(
      Case cell, GatewayFixture gateway, IssuedKey key, CountDownLatch asked)
      throws IOException, InterruptedException {
    try (Socket socket = ask(cell, gateway, key)) {
      awaitBegin(cell, socket, asked);
      gateway.close();
    }
  }

  /** The client that left does not see when its call is settled. */
  private static void awaitRecord(GatewayFixture gateway, IssuedKey key)
      throws InterruptedException {
    for (int look = 0; look < 500; look++) {
      if (gateway.admin().key(key.id()).get("reserved_tokens").asLong() == 0) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("still set aside after 5 s");
  }

  /** With one place for running calls, a place that was not given back would be missed. */
  private static void checkNothingIsTaken(Case cell, GatewayFixture gateway, IssuedKey key)
      throws IOException {
    assertThat(gateway.admin().key(key.id()).get("reserved_tokens").asLong()).isZero();
    if (cell.way() == Way.CUT_BY_QUOTA) {
      gateway.admin().changeKey(key.id(), "{\"quota_tokens\":null}");
    }
    assertThat(readAll(cell, gateway, key)).startsWith("HTTP/1.1 200");
  }
}
