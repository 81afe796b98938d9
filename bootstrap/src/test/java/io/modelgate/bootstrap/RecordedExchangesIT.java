package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.Recording;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every recorded exchange with a llama-server, again, with the whole gateway in between: what comes
 * out equals what went in but for the edits that are allowed. Prints what became of them.
 */
@TestInstance(Lifecycle.PER_CLASS)
class RecordedExchangesIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ASKING = "\"stream_options\":{\"include_usage\":true},";

  /** What the gateway refuses by itself, for llama-server would answer 500, or guess. */
  private static final Map<String, Integer> REFUSED =
      Map.ofEntries(
          Map.entry("auth_bad_json", 400),
          Map.entry("bad_json", 400),
          Map.entry("bad_json_text", 400),
          Map.entry("bad_utf8", 400),
          Map.entry("completions_bad_json", 400),
          Map.entry("empty_body", 400),
          Map.entry("json_array_body", 400),
          Map.entry("json_null_body", 400),
          Map.entry("json_string_body", 400),
          Map.entry("missing_model", 400),
          Map.entry("stream_not_bool", 400),
          Map.entry("chat_max_tokens_string", 400),
          Map.entry("unknown_model", 404),
          Map.entry("ctype_form_urlencoded", 415),
          Map.entry("ctype_gzip_body", 415),
          Map.entry("ctype_text_plain", 415));

  private static final List<Recording> ALL = Recording.all();
  private static final Set<String> RELAYED =
      Set.of("/v1/chat/completions", "/v1/completions", "/v1/embeddings");

  private final Map<String, Integer> tally = new TreeMap<>();

  @SuppressWarnings("NullAway.Init")
  private GatewayFixture gateway;

  private String key = "";

  @BeforeAll
  void start(@TempDir Path folder) {
    gateway = GatewayFixture.start(folder);
    key = gateway.admin().createKey("recorded").secret();
    gateway.admin().createModel("{\"name\":\"tiny\",\"backend\":\"echo\"}");
  }

  @AfterAll
  void print() {
    gateway.close();
    System.out.println("Recorded llama-server exchanges, replayed through the gateway: " + tally);
  }

  static List<Recording> relayed() {
    return ALL.stream()
        .filter(RecordedExchangesIT::isRelayed)
        .filter(one -> !one.head().isEmpty())
        .toList();
  }

  static List<Recording> others() {
    return ALL.stream().filter(one -> !isRelayed(one)).toList();
  }

  private static boolean isRelayed(Recording one) {
    return one.method().equals("POST") && RELAYED.contains(endpoint(one));
  }

  private static String endpoint(Recording one) {
    return one.path().replaceFirst("\\?.*", "");
  }

  @Test
  void noneIsMissing() {
    assertThat(ALL).hasSize(174);
    assertThat(ALL.stream().filter(one -> one.head().isEmpty()).map(Recording::name))
        .containsExactly("disconnect_nonstream"); // its client left before anything was said
    assertThat(relayed().stream().map(Recording::name)).containsAll(REFUSED.keySet());
  }

  @ParameterizedTest
  @MethodSource("relayed")
  void comesThroughAsItWent(Recording recording) throws IOException {
    try (var backend = ScriptedBackend.start()) {
      backend.onRequest(send(recording.reply(recording.name().length())), hangUp());
      gateway.admin().removeModels();
      gateway
          .admin()
          .createModel(
              "{\"name\":\"tiny\",\"backend\":\"llamacpp\",\"base_url\":\"%s\"}"
                  .formatted(backend.baseUrl()));

      RawConnection.Reply reply = ask(recording);

      Integer refused = REFUSED.get(recording.name());
      if (refused != null) {
        count("refused before the backend was asked");
        assertThat(reply.status()).isEqualTo(refused);
        checkError(reply);
        assertThat(backend.requests()).isEmpty();
      } else {
        assertThat(backend.requests()).as(reply.text()).hasSize(1);
        checkRequest(recording, backend.requests().getFirst());
        checkReply(recording, reply);
      }
    }
  }

  /** Other paths are not the gateway's, or are its own: a backend hears nothing of them. */
  @ParameterizedTest
  @MethodSource("others")
  void isAnsweredByTheGatewayItself(Recording recording) throws IOException {
    RawConnection.Reply reply = ask(recording);

    count("answered by the gateway itself");
    assertThat(reply.status()).isIn(statusesOfItsOwn(recording));
  }

  private static List<Integer> statusesOfItsOwn(Recording recording) {
    boolean own =
        recording.path().equals("/health")
            || (recording.path().startsWith("/v1/models") && isRead(recording));
    boolean slash = recording.path().equals("/v1/chat/completions/");
    boolean admins = recording.path().equals("/metrics"); // and a caller's key is none
    if (own) {
      return List.of(200);
    }
    return slash ? List.of(404, 502) : admins ? List.of(403) : List.of(404, 405);
  }

  private static boolean isRead(Recording recording) {
    return recording.method().equals("GET");
  }

  private static void checkRequest(Recording recording, ScriptedBackend.Request request) {
    String asked = new String(sent(recording), StandardCharsets.UTF_8);
    boolean edited = isStreamRequest(asked) && !asked.contains("include_usage");
    assertThat(request.body()).isEqualTo(edited ? asked.replaceFirst("\\{", "{" + ASKING) : asked);
    assertThat(request.head()).startsWith("POST " + endpoint(recording) + " HTTP/1.1\r\n");
  }

  private void checkReply(Recording recording, RawConnection.Reply reply) throws IOException {
    String asked = new String(sent(recording), StandardCharsets.UTF_8);
    if (recording.status() >= 300) {
      count("errors, told in OpenAI's words");
      assertThat(reply.status()).isEqualTo(statusTold(recording));
      checkError(reply);
    } else if (!recording.isStream()) {
      count("whole replies, byte for byte");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.text()).isEqualTo(recording.text());
    } else if (recording.text().contains("[DONE]")) {
      count("streams, byte for byte but for the usage nobody asked for");
      assertThat(reply.text())
          .isEqualTo(
              asked.contains("\"include_usage\": true")
                  ? recording.text()
                  : recording.text().replaceAll("data: \\{\"choices\":\\[\\],[^\n]*\n\n", ""));
    } else {
      count("streams that broke, as they were, and then an error");
      checkBroken(recording, reply);
    }
  }

  private static void checkBroken(Recording recording, RawConnection.Reply reply)
      throws IOException {
    if (reply.status() != 200) {
      checkError(reply);
      return;
    }
    int error = reply.text().indexOf("data: {\"error\":");
    assertThat(error).as(reply.text()).isNotNegative();
    assertThat(recording.text()).startsWith(reply.text().substring(0, error));
    assertThat(reply.text()).doesNotContain("[DONE]");
  }

  private static int statusTold(Recording recording) {
    boolean modelFailed = recording.name().startsWith("tools_format_mismatch");
    return switch (recording.status()) {
      case 401 -> 502;
      case 500 -> modelFailed ? 502 : 400;
      case 501 -> 400;
      default -> recording.status();
    };
  }

  private static void checkError(RawConnection.Reply reply) throws IOException {
    JsonNode error = JSON.readTree(reply.text()).path("error");
    Set<String> fields = new TreeSet<>();
    error.fieldNames().forEachRemaining(fields::add);
    assertThat(fields).containsExactly("code", "message", "param", "status", "type");
    assertThat(error.get("message").textValue()).isNotBlank();
    assertThat(error.get("type").textValue()).isNotBlank();
    assertThat(error.get("code").isTextual() || error.get("code").isNull()).isTrue();
  }

  private static boolean isStreamRequest(String body) {
    return body.matches("(?s).*\"stream\": ?true.*");
  }

  private static byte[] sent(Recording recording) {
    byte[] request = recording.request();
    return request == null ? new byte[0] : request;
  }

  private RawConnection.Reply ask(Recording recording) throws IOException {
    byte[] body = sent(recording);
    String head =
        List.of(
                recording.method() + " " + recording.path() + " HTTP/1.1",
                "Host: gateway",
                "Connection: close",
                "Authorization: Bearer " + key,
                recording.contentType().isEmpty() ? "" : "Content-Type: " + recording.contentType(),
                recording.gzip() ? "Content-Encoding: gzip" : "",
                recording.request() == null ? "" : "Content-Length: " + body.length)
            .stream()
            .filter(line -> !line.isEmpty())
            .collect(Collectors.joining("\r\n", "", "\r\n\r\n"));
    try (var connection = RawConnection.to(gateway.port())) {
      connection.send(head).send(body);
      return recording.method().equals("HEAD") ? connection.head() : connection.reply();
    }
  }

  private void count(String what) {
    tally.merge(what, 1, Integer::sum);
  }
}
