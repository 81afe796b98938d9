package io.modelgate.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An engine in OpenAI's shape that knows the truth: how many tokens it generated for each request.
 * It says the same word again and again, which is one token to every tokenizer, {@link #WORDS}
 * times or as often as {@code max_tokens} allows, and takes every prompt for {@link
 * #PROMPT_TOKENS}. Thread-safe.
 */
final class HonestEngine implements AutoCloseable {
  static final int WORDS = 40;

  /** What the gateway estimates for {@link #PROMPT}. */
  static final int PROMPT_TOKENS = 7;

  static final String PROMPT = "[{\"role\":\"user\",\"content\":\"twelve bytes\"}]";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, AtomicInteger> generated = new ConcurrentHashMap<>();
  private final Duration pace;

  private HonestEngine(HttpServer server, Duration pace) {
    this.server = server;
    this.pace = pace;
  }

  /**
   * Starts it.
   *
   * @param pace the time that a word takes
   */
  static HonestEngine start(Duration pace) {
    try {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      var engine = new HonestEngine(HttpServer.create(address, 200), pace);
      engine.server.setExecutor(engine.threads);
      engine.server.createContext("/v1/chat/completions", engine::chat);
      engine.server.start();
      return engine;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String baseUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** How many tokens it generated for a request, by its {@code x-request-id}; 0 for none. */
  int generated(String requestId) {
    AtomicInteger count = generated.get(requestId);
    return count == null ? 0 : count.get();
  }

  /** How many it generated for all. */
  long generated() {
    return generated.values().stream().mapToLong(AtomicInteger::get).sum();
  }

  private void chat(HttpExchange exchange) throws IOException {
    try (exchange) {
      String id = exchange.getRequestHeaders().getFirst("x-request-id");
      JsonNode request = JSON.readTree(exchange.getRequestBody());
      var count = new AtomicInteger();
      generated.merge(id, count, (one, _) -> one);
      int asked = request.path("max_tokens").asInt(WORDS);
      int words = asked < 1 ? WORDS : Math.min(WORDS, asked);
      if (request.path("stream").asBoolean()) {
        stream(exchange, words, count);
      } else {
        whole(exchange, words, count);
      }
    } catch (InterruptedException _) {
      // close() ends it
    }
  }

  private void stream(HttpExchange exchange, int words, AtomicInteger count)
      throws IOException, InterruptedException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    for (int word = 0; word < words; word++) {
      Thread.sleep(pace);
      count.incrementAndGet();
      send(out, event("\"delta\":{\"content\":\" the\"},\"finish_reason\":null"));
    }
    send(out, event("\"delta\":{},\"finish_reason\":\"" + finish(words) + "\""));
    send(out, "data: {\"id\":\"c\",\"choices\":[]," + usage(words) + "}\n\n");
    send(out, "data: [DONE]\n\n");
  }

  private void whole(HttpExchange exchange, int words, AtomicInteger count)
      throws IOException, InterruptedException {
    for (int word = 0; word < words; word++) {
      Thread.sleep(pace);
      count.incrementAndGet();
    }
    byte[] body =
        ("{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"message\":{\"role\":\"assistant\",\"content\":\""
                + " the".repeat(words)
                + "\"},\"finish_reason\":\""
                + finish(words)
                + "\"}],"
                + usage(words)
                + "}")
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }

  private static String finish(int words) {
    return words < WORDS ? "length" : "stop";
  }

  private static String event(String choice) {
    return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
        + choice
        + "}]}\n\n";
  }

  private static String usage(int words) {
    return "\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}"
        .formatted(PROMPT_TOKENS, words, PROMPT_TOKENS + words);
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
