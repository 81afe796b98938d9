package io.modelgate.testing.backend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Does what Ollama's server does, with words for tokens: checks a request's types as Go does,
 * refuses or shortens what does not fit the context, and says back the last message. Has the models
 * {@code tiny:latest}, which can do everything, and {@code deaf:latest}, which takes no tools.
 * Thread-safe.
 */
public final class FakeOllama implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DEFAULT_CONTEXT = 4096;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<JsonNode> asked = new ConcurrentLinkedQueue<>();

  private FakeOllama(HttpServer server) {
    this.server = server;
  }

  public static FakeOllama start() {
    try {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      var ollama = new FakeOllama(HttpServer.create(address, 50));
      ollama.server.setExecutor(ollama.threads);
      ollama.server.createContext("/api/tags", FakeOllama::tags);
      ollama.server.createContext("/api/chat", ollama::chat);
      ollama.server.createContext("/api/generate", ollama::generate);
      ollama.server.createContext("/api/embed", ollama::embed);
      ollama.server.start();
      return ollama;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Scheme, host and port. */
  public String baseUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The requests' bodies, in order. */
  public List<JsonNode> asked() {
    return List.copyOf(asked);
  }

  private static void tags(HttpExchange exchange) throws IOException {
    ObjectNode tags = JSON.createObjectNode();
    ArrayNode models = tags.putArray("models");
    for (String name : List.of("tiny:latest", "deaf:latest")) {
      models.addObject().put("name", name).put("model", name).put("size", 1_000);
    }
    send(exchange, 200, "application/json; charset=utf-8", tags.toString());
  }

  private void chat(HttpExchange exchange) throws IOException {
    JsonNode request = read(exchange);
    String fault = GoTypes.faultOfChat(request);
    if (isRefused(exchange, request, fault)) {
      return;
    }
    List<String> words = new ArrayList<>();
    request.path("messages").forEach(message -> words.addAll(words(message.path("content"))));
    JsonNode messages = request.path("messages");
    answer(exchange, request, words, messages.path(messages.size() - 1).path("content").asText());
  }

  private void generate(HttpExchange exchange) throws IOException {
    JsonNode request = read(exchange);
    String fault = GoTypes.faultOfGenerate(request);
    if (!isRefused(exchange, request, fault)) {
      answer(exchange, request, words(request.path("prompt")), request.path("prompt").asText());
    }
  }

  private void embed(HttpExchange exchange) throws IOException {
    JsonNode request = read(exchange);
    String fault = GoTypes.faultOfEmbed(request);
    if (isRefused(exchange, request, fault)) {
      return;
    }
    int tokens = 0;
    ObjectNode reply = JSON.createObjectNode().put("model", request.path("model").asText());
    ArrayNode vectors = reply.putArray("embeddings");
    for (JsonNode text : request.path("input")) {
      int length = words(text).size();
      if (length > context(request) && !request.path("truncate").asBoolean(true)) {
        error(exchange, 400, "the input length exceeds the context length");
        return;
      }
      tokens += Math.min(length, context(request));
      vectors.addArray().add(0.5).add(length).add(-0.010071029);
    }
    reply.put("total_duration", 14143917).put("prompt_eval_count", tokens);
    send(exchange, 200, "application/json; charset=utf-8", reply.toString());
  }

  private JsonNode read(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody());
    asked.add(request);
    return request;
  }

  private static boolean isRefused(HttpExchange exchange, JsonNode request, String fault)
      throws IOException {
    String model = request.path("model").asText();
    if (!fault.isEmpty()) {
      error(exchange, 400, fault);
    } else if (!model.equals("tiny:latest") && !model.equals("deaf:latest")) {
      error(exchange, 404, "model '" + model + "' not found");
    } else if (model.equals("deaf:latest") && request.has("tools")) {
      error(exchange, 400, "registry.ollama.ai/library/deaf:latest does not support tools");
    } else {
      return false;
    }
    return true;
  }

  private static int context(JsonNode request) {
    return request.path("options").path("num_ctx").asInt(DEFAULT_CONTEXT);
  }

  private static List<String> words(JsonNode text) {
    return text.asText().isBlank() ? List.of() : List.of(text.asText().strip().split("\\s+", -1));
  }

  private static void answer(
      HttpExchange exchange, JsonNode request, List<String> prompt, String last)
      throws IOException {
    int context = context(request);
    if (prompt.size() > context && !request.path("truncate").asBoolean(true)) {
      error(exchange, 400, overflow(prompt.size(), context));
      return;
    }
    boolean shortened = prompt.size() > context;
    int tokens = shortened ? context - Math.max((context - 4) / 2, 1) : prompt.size();
    List<String> said = new ArrayList<>(List.of("You", " said:"));
    words(JSON.getNodeFactory().textNode(last)).forEach(word -> said.add(" " + word));
    int most = request.path("options").path("num_predict").asInt(-1);
    boolean cut = most > 0 && most < said.size();
    List<String> kept = cut ? said.subList(0, most) : said;
    Reply reply = new Reply(request, kept, tokens, cut ? "length" : "stop");
    if (request.path("stream").asBoolean(true)) {
      stream(exchange, reply);
    } else {
      send(exchange, 200, "application/json; charset=utf-8", reply.whole());
    }
  }

  /** Ollama repeats what its llama-server said. */
  private static String overflow(int tokens, int context) {
    return "{\"error\":{\"code\":400,\"message\":\"request (%d tokens) exceeds the available context size (%d tokens), try increasing it\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":%d,\"n_ctx\":%d}}"
        .formatted(tokens, context, tokens, context);
  }

  private static void stream(HttpExchange exchange, Reply reply) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/x-ndjson");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      for (String line : reply.lines()) {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    }
  }

  private static void error(HttpExchange exchange, int status, String message) throws IOException {
    ObjectNode error = JSON.createObjectNode().put("error", message);
    send(exchange, status, "application/json; charset=utf-8", error.toString());
  }

  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }

  /** What is answered, in either form. */
  private record Reply(JsonNode request, List<String> words, int promptTokens, String doneReason) {
    private static final JsonNode FALSE = JSON.getNodeFactory().booleanNode(false);

    private boolean isChat() {
      return request.has("messages");
    }

    String whole() {
      ObjectNode whole = piece(String.join("", words), true);
      finish(whole);
      return whole.toString();
    }

    List<String> lines() {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < words.size(); i++) {
        lines.add(piece(words.get(i), i == 0).put("done", false).toString());
      }
      ObjectNode last = piece("", false);
      finish(last);
      lines.add(last.toString());
      return lines;
    }

    private ObjectNode piece(String text, boolean first) {
      ObjectNode piece =
          JSON.createObjectNode()
              .put("model", request.path("model").asText())
              .put("created_at", "2026-01-01T00:00:00.123456Z");
      boolean thinks = first && request.has("think") && !request.path("think").equals(FALSE);
      ObjectNode holder = isChat() ? piece.putObject("message").put("role", "assistant") : piece;
      boolean calls = first && request.path("tools").size() > 0;
      holder.put(isChat() ? "content" : "response", calls ? "" : text);
      if (thinks) {
        holder.put("thinking", "Hm.");
      }
      if (calls) {
        holder
            .putArray("tool_calls")
            .addObject()
            .putObject("function")
            .put("index", 0)
            .put("name", request.at("/tools/0/function/name").asText())
            .putObject("arguments")
            .put("city", "Paris");
      }
      return piece;
    }

    private void finish(ObjectNode last) {
      last.put("done", true)
          .put("done_reason", doneReason)
          .put("total_duration", 174560334)
          .put("prompt_eval_count", promptTokens)
          .put("eval_count", words.size());
    }
  }
}
