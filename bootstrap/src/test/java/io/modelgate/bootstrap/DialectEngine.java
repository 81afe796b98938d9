package io.modelgate.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.domain.chat.Endpoint;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An engine that speaks one dialect and does what the name of the model says: {@code ok} answers,
 * with a tool call when there are tools; {@code too-long}, {@code busy}, {@code refuses} and {@code
 * dies} fail. Each connection carries one call. Thread-safe.
 */
final class DialectEngine implements AutoCloseable {
  static final List<String> MODELS = List.of("ok", "too-long", "busy", "refuses", "dies");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");
  private static final String FLOATS = "[0.5,-1.25]";
  private static final String BASE64 = "\"AAAAPwAAoL8=\""; // the same two, as 32-bit floats

  private final EngineDialect dialect;
  private final ServerSocket server;

  private DialectEngine(EngineDialect dialect, ServerSocket server) {
    this.dialect = dialect;
    this.server = server;
  }

  static DialectEngine start(EngineDialect dialect) {
    try {
      var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      var engine = new DialectEngine(dialect, server);
      Thread.ofVirtual().start(engine::accept);
      return engine;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes its models known to a gateway, as {@code vllm/ok} and so on. */
  void registerAt(AdminClient admin) {
    String kind = dialect.name().toLowerCase(Locale.ROOT);
    for (String model : MODELS) {
      admin.createModel(
          "{\"name\":\"%1$s/%2$s\",\"upstream_model\":\"%2$s\",\"backend\":\"%1$s\",\"base_url\":\"http://127.0.0.1:%3$d\"}"
              .formatted(kind, model, server.getLocalPort()));
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = server.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      }
    } catch (IOException _) {
      // close() closed the server
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      var in = new BufferedInputStream(connection.getInputStream());
      String head = head(in);
      Matcher length = LENGTH.matcher(head);
      byte[] body = in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
      String reply = reply(endpoint(head), JSON.readTree(body));
      connection.getOutputStream().write(reply.getBytes(StandardCharsets.UTF_8));
    } catch (IOException _) {
      // the gateway hung up
    }
  }

  private String reply(Endpoint endpoint, JsonNode request) {
    boolean stream = request.path("stream").asBoolean() && endpoint.streams();
    boolean tools = request.path("tools").size() > 0;
    return switch (request.path("model").asText()) {
      case "ok" -> stream ? streamed(endpoint, tools) : whole(endpoint, tools, request);
      case "too-long" -> dialect.tooLong();
      case "busy" -> dialect.busy();
      case "dies" ->
          stream
              ? dialect.streamHead() + dialect.events(endpoint).getFirst() + dialect.failsInside()
              : EngineDialect.whole(dialect.errorBody());
      default -> dialect.refusal();
    };
  }

  private String streamed(Endpoint endpoint, boolean tools) {
    List<String> events = tools ? dialect.toolEvents() : dialect.events(endpoint);
    return dialect.streamHead() + String.join("", events);
  }

  private String whole(Endpoint endpoint, boolean tools, JsonNode request) {
    String body = tools ? dialect.toolBody() : dialect.body(endpoint);
    boolean base64 = request.path("encoding_format").asText().equals("base64");
    return EngineDialect.whole(base64 ? body.replace(FLOATS, BASE64) : body);
  }

  private static Endpoint endpoint(String head) {
    String path = head.split(" ", 3)[1];
    if (path.endsWith("/chat/completions") || path.equals("/api/chat")) {
      return Endpoint.CHAT_COMPLETIONS;
    }
    return path.contains("embed") ? Endpoint.EMBEDDINGS : Endpoint.COMPLETIONS;
  }

  private static String head(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("no whole head");
      }
      head.append((char) b);
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
