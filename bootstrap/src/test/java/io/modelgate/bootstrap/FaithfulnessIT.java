package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.wire.RawConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What passes through the whole gateway, byte for byte and header for header, both ways. */
class FaithfulnessIT {
  /** JSON as nobody writes it and everybody may; %s is the model's name, quotes included. */
  private static final String ODD_REQUEST =
      """
       { "n" : 1.0,\t"temperature":1e2 , "seed":-0,"stop":null,"top_p":0.10000000000000000555,
      "unknown":{"b":1,"a":[1.50,1E+2,  null ,{}]},"unknown":2,"unkn\\u006fwn":"again",\r
      "messages" : [{"content":"gr\\u00fc\\u00DF \\ud83d\\ude00 \\/ é 😀","role":"user"}],
      "max_tokens":null,"model": %s ,"logit_bias":{},"stream": false}\r
      \t""";

  private static final String ODD_REPLY =
      """
      {"model" : "served" ,"id":"x","zero":0.0,"exp":1E-7,
       "choices":[ {"index":0,"message":{"content":"\\u00e9 é \\/","role":"assistant"},"finish_reason":"stop"}],
      "a":1,"a":2,"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7},"none":null} \r
      """;

  private static final String ODD_STREAM =
      """
      : a comment first

      data:{"choices":[{"index":0,"delta":{"content":"\\u00e9 😀"},"x":1.0}],"model":"served","usage":null}\r
      \r
      id: 7
      data: {"choices": [ {"index":0,"finish_reason":"stop","delta":{}} ] , "model" : "served"}

      data: [DONE]

      """;

  private static final String ENGINES_HEADERS =
      """
      x-ratelimit-limit-requests: engines-secret-1
      x-ratelimit-remaining-tokens: engines-secret-2
      openai-organization: engines-secret-3
      openai-version: engines-secret-4
      openai-processing-ms: 987654321
      Location: http://engines-secret-5.example
      Set-Cookie: engines=engines-secret-6
      Access-Control-Allow-Origin: http://engines-secret-7.example
      Access-Control-Allow-Credentials: true
      Server: engines-secret-8
      X-Powered-By: engines-secret-9
      x-request-id: engines-secret-10
      Keep-Alive: timeout=5, max=100
      Retry-After: 3
      WWW-Authenticate: Basic realm=engines-secret-11
      """;

  @SuppressWarnings("NullAway.Init")
  private ScriptedBackend backend;

  @SuppressWarnings("NullAway.Init")
  private GatewayFixture gateway;

  @SuppressWarnings("NullAway.Init")
  private AdminClient.IssuedKey key;

  @BeforeEach
  void start(@TempDir Path folder) {
    backend = ScriptedBackend.start();
    gateway = GatewayFixture.start(folder);
    key = gateway.admin().createKey("bytes");
    createModel("served", "");
    createModel("alias", ",\"upstream_model\":\"served\"");
    createModel("silent-on-usage", ",\"stream_usage\":\"never\"");
  }

  private void createModel(String name, String more) {
    gateway
        .admin()
        .createModel(
            """
            {"name":"%s","backend":"vllm","base_url":"http://127.0.0.1:%d","api_key":"the-engines-own"%s}"""
                .formatted(name, backend.port(), more));
  }

  @AfterEach
  void stop() throws IOException {
    gateway.close();
    backend.close();
  }

  @Test
  void carriesARequestAndItsReplyByteForByte() throws IOException {
    backend.onRequest(send(whole(ODD_REPLY, "")));

    RawConnection.Reply reply = post(ODD_REQUEST.formatted("\"served\""), "");

    assertThat(theRequest().body()).isEqualTo(ODD_REQUEST.formatted("\"served\""));
    assertThat(reply.text()).isEqualTo(ODD_REPLY);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {"\"alias\"", "\"\\u0061lias\""})
  void changesNothingButTheNameOfAModelThatHasAnother(String asked) throws IOException {
    backend.onRequest(send(whole(ODD_REPLY, "")));

    RawConnection.Reply reply = post(ODD_REQUEST.formatted(asked), "");

    assertThat(theRequest().body()).isEqualTo(ODD_REQUEST.formatted("\"served\""));
    assertThat(reply.text()).isEqualTo(ODD_REPLY.replace("\"served\"", "\"alias\""));
  }

  @Test
  void addsNothingToAStreamsRequestButTheQuestionForItsUsage() throws IOException {
    backend.onRequest(send(stream(ODD_STREAM)));
    String request = streamed("served");

    RawConnection.Reply reply = post(request, "");

    assertThat(theRequest().body())
        .isEqualTo(request.replaceFirst("\\{", "{\"stream_options\":{\"include_usage\":true},"));
    assertThat(reply.text()).isEqualTo(ODD_STREAM);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "null | {\"include_usage\":true}",
        "{\"include_usage\" : false ,\"x\":1.0} | {\"include_usage\" : true ,\"x\":1.0}",
        "{\"include_usage\" : true , \"x\": null} | {\"include_usage\" : true , \"x\": null}",
      })
  void changesOnlyWhatAStreamSaysOfItsUsage(String given, String sent) throws IOException {
    backend.onRequest(send(stream(ODD_STREAM)));
    String request = streamed("served").replace("\"seed\":-0", "\"stream_options\": " + given);

    post(request, "");

    assertThat(theRequest().body())
        .isEqualTo(request.replace("\"stream_options\": " + given, "\"stream_options\": " + sent));
  }

  @Test
  void doesNotAskForUsageWhereItIsToldNotTo() throws IOException {
    backend.onRequest(send(stream(ODD_STREAM)));

    post(streamed("silent-on-usage"), "");

    assertThat(theRequest().body()).isEqualTo(streamed("silent-on-usage"));
  }

  @Test
  void restoresTheNameInEachEventAndNothingElse() throws IOException {
    backend.onRequest(send(stream(ODD_STREAM)));

    assertThat(post(streamed("alias"), "").text())
        .isEqualTo(ODD_STREAM.replace("\"served\"", "\"alias\""));
  }

  @Test
  void showsTheEngineOnlyTheHeadersOnItsList() throws IOException {
    backend.onRequest(send(whole(ODD_REPLY, "")));

    post(
        ODD_REQUEST.formatted("\"served\""),
        """
        x-api-key: clients-secret-1
        Cookie: session=clients-secret-2
        Origin: http://clients-secret-3.example
        Referer: http://clients-secret-4.example
        X-Conversation-Id: clients-secret-5
        X-Forwarded-For: 10.11.12.13
        Forwarded: for=10.11.12.13
        OpenAI-Organization: clients-secret-6
        OpenAI-Project: clients-secret-7
        Proxy-Authorization: Basic clients-secret-8
        User-Agent: clients-secret-9
        X-Stainless-Lang: clients-secret-10
        Accept-Encoding: gzip, br
        Accept: application/json
        traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
        tracestate: vendor=1
        x-request-id: mine-1
        """);

    String head = theRequest().head();
    assertThat(headers(head.lines().skip(1).toList()))
        .containsOnlyKeys(
            "host",
            "content-type",
            "content-length",
            "accept",
            "accept-encoding",
            "user-agent",
            "x-request-id",
            "traceparent",
            "tracestate",
            "authorization")
        .containsEntry("host", "127.0.0.1:" + backend.port())
        .containsEntry("authorization", "Bearer the-engines-own")
        .containsEntry("accept-encoding", "identity")
        .containsEntry("x-request-id", "mine-1")
        .containsEntry("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assertThat(head).doesNotContain("clients-secret", "10.11.12.13", "sk-mg-", key.secret());
  }

  @ParameterizedTest
  @CsvSource({"200", "400", "429"})
  void showsTheClientOnlyTheHeadersOnItsList(int status) throws IOException {
    backend.onRequest(
        send(whole(ODD_REPLY, ENGINES_HEADERS).replace(" 200 OK", " " + status + " Whatever")));

    RawConnection.Reply reply = post(ODD_REQUEST.formatted("\"served\""), "x-request-id: mine-2\n");

    assertThat(reply.status()).isEqualTo(status);
    Map<String, String> headers = headers(reply.head().subList(1, reply.head().size()));
    assertThat(headers)
        .containsEntry("x-request-id", "mine-2")
        .containsEntry("content-type", "application/json")
        .containsKey("openai-processing-ms");
    assertThat(headers.keySet())
        .isSubsetOf(
            "date",
            "connection",
            "content-length",
            "transfer-encoding",
            "content-type",
            "x-request-id",
            "openai-processing-ms",
            "x-content-type-options",
            "x-modelgate-overhead-us",
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-tokens",
            "retry-after");
    assertThat(headers).containsKey("x-modelgate-overhead-us");
    assertThat(headers.containsKey("retry-after")).isEqualTo(status != 200);
    assertThat(String.join("\n", reply.head())).doesNotContain("engines-secret", "987654321");
  }

  @Test
  void showsTheReaderOfAStreamOnlyTheHeadersOnItsList() throws IOException {
    backend.onRequest(
        send(stream(ODD_STREAM).replaceFirst("\r\n", "\r\n" + crlf(ENGINES_HEADERS))));

    RawConnection.Reply reply = post(streamed("served"), "x-request-id: mine-3\n");

    assertThat(reply.text()).isEqualTo(ODD_STREAM);
    assertThat(headers(reply.head().subList(1, reply.head().size())))
        .containsOnlyKeys(
            "date",
            "connection",
            "transfer-encoding",
            "content-type",
            "cache-control",
            "x-accel-buffering",
            "x-request-id",
            "openai-processing-ms",
            "x-content-type-options",
            "x-modelgate-overhead-us",
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-tokens")
        .containsEntry("content-type", "text/event-stream")
        .containsEntry("x-accel-buffering", "no")
        .containsEntry("x-request-id", "mine-3");
    assertThat(String.join("\n", reply.head())).doesNotContain("engines-secret", "987654321");
  }

  private static String crlf(String text) {
    return text.replace("\n", "\r\n");
  }

  /** Posts a chat, with more headers, each on a line of its own; waits for all of the reply. */
  private RawConnection.Reply post(String body, String moreHeaders) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    try (var connection = RawConnection.to(gateway.port())) {
      connection.send(
          """
          POST /v1/chat/completions HTTP/1.1
          Host: gateway.example
          Authorization: Bearer %s
          Content-Type: application/json; charset=utf-8
          Content-Length: %d
          %s
          """
              .formatted(key.secret(), bytes.length, moreHeaders)
              .replace("\n", "\r\n"));
      return connection.send(bytes).reply();
    }
  }

  private ScriptedBackend.Request theRequest() {
    assertThat(backend.requests()).hasSize(1);
    return backend.requests().getFirst();
  }

  private static String streamed(String model) {
    return ODD_REQUEST
        .formatted("\"" + model + "\"")
        .replace("\"stream\": false", "\"stream\" :true");
  }

  private static String whole(String body, String moreHeaders) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    String head =
        "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: " + length + "\n";
    return (head + moreHeaders + "\n").replace("\n", "\r\n") + body;
  }

  private static String stream(String events) {
    int length = events.getBytes(StandardCharsets.UTF_8).length;
    String head = "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nContent-Length: " + length;
    return (head + "\n\n").replace("\n", "\r\n") + events;
  }

  /** By name in lower case; a name that occurs twice fails the test. */
  private static Map<String, String> headers(List<String> lines) {
    var headers = new TreeMap<String, String>();
    for (String line : lines.stream().filter(text -> !text.isEmpty()).toList()) {
      String[] parts = line.split(":", 2);
      String name = parts[0].toLowerCase(Locale.ROOT);
      assertThat(headers.put(name, parts[1].strip())).as(name + " twice").isNull();
    }
    return headers;
  }
}
