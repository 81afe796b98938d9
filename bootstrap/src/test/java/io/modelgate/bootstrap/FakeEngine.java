package io.modelgate.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * An engine that does what the name of the model says: answers as a real one was recorded to, or
 * fails in one of the ways in which they do. {@code error-later} and {@code finish-later} begin a
 * stream and end it once {@code go-on} was asked for, so that a client can be sure to have the
 * beginning. Thread-safe.
 */
final class FakeEngine implements AutoCloseable {
  /** The statuses that it has a model for, {@code status-400} and so on. */
  private static final List<Integer> STATUSES =
      List.of(400, 401, 403, 404, 409, 422, 429, 500, 503);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<String> asked = new ConcurrentLinkedQueue<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  private FakeEngine(HttpServer server) {
    this.server = server;
  }

  static FakeEngine start() {
    try {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      var engine = new FakeEngine(HttpServer.create(address, 50));
      engine.server.setExecutor(engine.threads);
      engine.server.createContext("/v1/chat/completions", engine::chat);
      engine.server.createContext("/v1/completions", engine::complete);
      engine.server.start();
      return engine;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String baseUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** How often a model was asked for. */
  long calls(String model) {
    return asked.stream().filter(model::equals).count();
  }

  /** Lets the streams go on that wait for it. */
  void goOn() {
    goOn.countDown();
  }

  /**
   * Makes its models known to a gateway, under their own names; with {@code acme/tiny:latest},
   * another name of {@code tiny}, and {@code nobody-home}, behind which nothing listens.
   */
  void registerAt(AdminClient admin) {
    Stream.concat(
            Stream.of(
                "tiny",
                "tools",
                "overflow",
                "busy-once",
                "cut",
                "unfinished",
                "error-event",
                "error-later",
                "finish-later",
                "go-on"),
            STATUSES.stream().map(status -> "status-" + status))
        .forEach(name -> admin.createModel(model(name, baseUrl(), "")));
    admin.createModel(model("silent", baseUrl(), ",\"timeout\":\"300ms\""));
    admin.createModel(model("acme/tiny:latest", baseUrl(), ",\"upstream_model\":\"tiny\""));
    admin.createModel(model("nobody-home", "http://127.0.0.1:1", ""));
  }

  private static String model(String name, String baseUrl, String more) {
    return "{\"name\":\"%s\",\"backend\":\"vllm\",\"base_url\":\"%s\"%s}"
        .formatted(name, baseUrl, more);
  }

  private void chat(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody());
    boolean stream = request.path("stream").asBoolean();
    String model = request.path("model").asText();
    asked.add(model);
    switch (model) {
      case "tiny" -> replay(exchange, stream ? "chat_stream_usage" : "chat_nonstream");
      case "tools" -> replay(exchange, stream ? "tools_required_stream" : "tools_required");
      case "overflow" -> replay(exchange, "context_overflow");
      case "error-event" -> replay(exchange, "tools_format_mismatch_stream");
      case "busy-once" -> {
        if (calls(model) == 1) {
          fail(exchange, 429, "1");
        } else {
          replay(exchange, stream ? "chat_stream_usage" : "chat_nonstream");
        }
      }
      case "cut" -> {
        begin(exchange);
        throw new IOException("cuts the connection");
      }
      case "unfinished" -> {
        begin(exchange);
        exchange.close();
      }
      case "silent" -> {
        begin(exchange);
        await(closing);
        exchange.close();
      }
      case "error-later" -> {
        begin(exchange);
        await(goOn);
        exchange.getResponseBody().write(recordedError());
        exchange.close();
      }
      case "finish-later" -> {
        begin(exchange);
        await(goOn);
        String events = recorded("chat_stream_usage").body();
        exchange.getResponseBody().write(utf8(events.substring(lengthOfBeginning(events))));
        exchange.close();
      }
      case "go-on" -> {
        goOn();
        replay(exchange, "chat_nonstream");
      }
      default -> fail(exchange, Integer.parseInt(model.substring("status-".length())), "7");
    }
  }

  private void complete(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody());
    asked.add(request.path("model").asText());
    replay(
        exchange,
        request.path("stream").asBoolean() ? "completions_stream_usage" : "completions_nonstream");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** The event with which a stream that had begun well ended. */
  private static byte[] recordedError() throws IOException {
    String events = recorded("tools_format_mismatch_stream").body();
    return utf8(events.substring(events.indexOf("data: {\"error\"")));
  }

  /** A stream's first three events. */
  private static void begin(HttpExchange exchange) throws IOException {
    String events = recorded("chat_stream_usage").body();
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write(utf8(events.substring(0, lengthOfBeginning(events))));
    exchange.getResponseBody().flush();
  }

  private static int lengthOfBeginning(String events) {
    int end = 0;
    for (int i = 0; i < 3; i++) {
      end = events.indexOf("\n\n", end) + 2;
    }
    return end;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void fail(HttpExchange exchange, int status, String retryAfter)
      throws IOException {
    if (status == 429) {
      exchange.getResponseHeaders().set("Retry-After", retryAfter);
    }
    String error =
        """
        {"error":{"message":"the engine says %d","type":"BadRequestError","param":null,"code":%d}}"""
            .formatted(status, status);
    send(exchange, status, "application/json", error);
  }

  private static void replay(HttpExchange exchange, String name) throws IOException {
    Recording recording = recorded(name);
    send(exchange, recording.status(), recording.contentType(), recording.body());
  }

  private static void send(HttpExchange exchange, int status, String contentType, String body)
      throws IOException {
    byte[] bytes = utf8(body);
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.sendResponseHeaders(status, contentType.startsWith("text/event") ? 0 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private record Recording(int status, String contentType, String body) {}

  /** What a llama-server once said; the files lie beside the adapter's own tests. */
  private static Recording recorded(String name) throws IOException {
    String file = "/wire/llamacpp/" + name + ".resp.http";
    try (InputStream in = Objects.requireNonNull(FakeEngine.class.getResourceAsStream(file))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
      int blank = text.indexOf("\n\n");
      List<String> head = text.substring(0, blank).lines().toList();
      String start = "Content-Type: ";
      return new Recording(
          Integer.parseInt(head.getFirst().split(" ", -1)[1]),
          head.stream()
              .filter(line -> line.startsWith(start))
              .map(line -> line.substring(start.length()))
              .findFirst()
              .orElseThrow(),
          text.substring(blank + 2));
    }
  }

  @Override
  public void close() {
    closing.countDown();
    goOn();
    server.stop(0);
    threads.close();
  }
}
