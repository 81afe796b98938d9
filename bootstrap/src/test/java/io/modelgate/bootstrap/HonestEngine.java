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

  private final InetSocketAddress address;
  private final Map<String, AtomicInteger> generated = new ConcurrentHashMap<>();
  private final Duration pace;
  private boolean dead;
  private HttpServer server;
  private ExecutorService threads;

  private HonestEngine(InetSocketAddress address, Duration pace) throws IOException {
    this.pace = pace;
    this.threads = Executors.newVirtualThreadPerTaskExecutor();
    this.server = listen(address);
    this.address = server.getAddress();
  }

  private HttpServer listen(InetSocketAddress on) throws IOException {
    HttpServer listening = HttpServer.create(on, 200);
    listening.setExecutor(threads);
    listening.createContext("/v1/chat/completions", this::chat);
    listening.createContext("/v1/embeddings", this::embed);
    listening.start();
    return listening;
  }

  /**
   * Starts it.
   *
   * @param pace the time that a word takes
   */
  static HonestEngine start(Duration pace) {
    try {
      return new HonestEngine(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), pace);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String baseUrl() {
    return "http://127.0.0.1:" + port();
  }

  int port() {
    return address.getPort();
  }

  /** Cuts all that it was saying; nobody listens until {@link #rise}. It remembers its counts. */
  synchronized void die() {
    dead = true;
    server.stop(0);
    threads.shutdownNow();
  }

  /** Listens again, where it did before; does nothing when it lives. */
  synchronized void rise() throws IOException {
    if (dead) {
      threads = Executors.newVirtualThreadPerTaskExecutor();
      server = listen(address);
      dead = false;
    }
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
      AtomicInteger count = generated.computeIfAbsent(id, _ -> new AtomicInteger());
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

  private void embed(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      byte[] body =
          ("{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.5,-1.25]}],"
                  + "\"model\":\"m\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}")
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
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
    die();
  }
}
