package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.Replies.json;
import static io.modelgate.infrastructure.upstream.Replies.reply;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.reset;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.ModelCatalog.Listing;
import io.modelgate.application.port.ModelCatalog.Listing.Failed;
import io.modelgate.application.port.ModelCatalog.Listing.Found;
import io.modelgate.application.port.ModelCatalog.OfferedModel;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.NotAuthorized;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.domain.chat.UpstreamFailure.Reported;
import io.modelgate.domain.chat.UpstreamFailure.TimedOut;
import io.modelgate.domain.chat.UpstreamFailure.Unintelligible;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.client.Proxy;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.backend.SelfSigned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ModelCatalogTest {
  private static final Duration PATIENT = Duration.ofSeconds(20);
  private static final Duration IMPATIENT = Duration.ofMillis(300);

  private final ScriptedBackend backend = ScriptedBackend.start();

  @AfterEach
  void stop() throws IOException {
    backend.close();
  }

  private Listing list(BackendKind kind) {
    return list(kind, adapter(null, null), backend.baseUrl(), null, PATIENT);
  }

  private static Listing list(
      BackendKind kind,
      UpstreamSettings.Adapter adapter,
      @Nullable BaseUrl baseUrl,
      @Nullable Credential credential,
      Duration patience) {
    try {
      return list(kind, adapter, baseUrl, credential, patience, SSLContext.getDefault());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static Listing list(
      BackendKind kind,
      UpstreamSettings.Adapter adapter,
      @Nullable BaseUrl baseUrl,
      @Nullable Credential credential,
      Duration patience,
      SSLContext tls) {
    var settings =
        new UpstreamSettings(
            Duration.ofSeconds(20), Duration.ofSeconds(5), 1024, Map.of(kind, adapter), null);
    try (var upstreams = Upstreams.open(settings, InstantSource.system(), tls)) {
      return upstreams.catalog(patience).list(kind, baseUrl, credential);
    }
  }

  private static UpstreamSettings.Adapter adapter(
      @Nullable String credentialHeader, @Nullable Proxy proxy) {
    return new UpstreamSettings.Adapter(
        null, List.of(), new Credential("adapters-own"), credentialHeader, StreamUsage.ASK, proxy);
  }

  private static OfferedModel model(String name, @Nullable BackendKind engine) {
    return new OfferedModel(new ModelName(name), engine, false);
  }

  private static Found found(OfferedModel... models) {
    return new Found(List.of(models), 0);
  }

  /** What a llama-server said. */
  private static byte[] recorded(String name) {
    try (var in =
        ModelCatalogTest.class.getResourceAsStream("/wire/llamacpp/" + name + ".resp.http")) {
      return Objects.requireNonNull(in).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static UpstreamFailure failureOf(Listing listing) {
    assertThat(listing).isInstanceOf(Failed.class);
    return ((Failed) listing).failure();
  }

  @Nested
  class Questions {
    @ParameterizedTest
    @CsvSource({
      "VLLM, /v1/models",
      "LLAMACPP, /v1/models",
      "OPENAI, /v1/models",
      "OLLAMA, /api/tags"
    })
    void areOneGetOnAConnectionOfItsOwn(BackendKind kind, String path) {
      backend.onRequest(send(json("{\"data\":[],\"models\":[]}")));

      list(kind);

      assertThat(backend.requests().getFirst().head().lines())
          .first()
          .isEqualTo("GET " + path + " HTTP/1.1");
      assertThat(backend.requests().getFirst().head().lines().skip(1))
          .containsExactlyInAnyOrder(
              "Host: 127.0.0.1:" + backend.port(),
              "Accept: application/json",
              "Accept-Encoding: identity",
              "User-Agent: modelgate/dev",
              "Authorization: Bearer adapters-own",
              "Connection: close",
              "Content-Length: 0",
              "");
    }

    @Test
    void showAnotherCredentialInTheHeaderOfTheAdapter() {
      backend.onRequest(send(json("{\"data\":[]}")));

      list(
          BackendKind.API3,
          adapter("x-api-key", null),
          backend.baseUrl(),
          new Credential("its-own"),
          PATIENT);

      assertThat(backend.requests().getFirst().head())
          .containsIgnoringCase("\r\nx-api-key: its-own\r\n")
          .doesNotContainIgnoringCase("authorization", "adapters-own");
    }

    @Test
    void keepThePathOfTheBaseUrlAsItIsWritten() {
      backend.onRequest(send(json("{\"data\":[]}")));

      list(
          BackendKind.API3,
          adapter(null, null),
          BaseUrl.of(backend.baseUrl() + "/a%2Fb/openai/v1/"),
          null,
          PATIENT);

      assertThat(backend.requests().getFirst().head())
          .startsWith("GET /a%2Fb/openai/v1/models HTTP/1.1\r\n");
    }

    @Test
    void goThroughTheProxyWhichLooksTheNameUp() {
      backend.onRequest(send("HTTP/1.1 200 Connection established\r\n\r\n"));
      backend.onRequest(send(json("{\"data\":[{\"id\":\"far\"}]}")));
      var proxy = Proxy.of("http://user:pa:ss@127.0.0.1:" + backend.port());

      var listing =
          list(
              BackendKind.VLLM,
              adapter(null, proxy),
              BaseUrl.of("http://engine.invalid:8000"),
              null,
              PATIENT);

      assertThat(listing).isEqualTo(found(model("far", null)));
      assertThat(backend.requests().get(0).head())
          .startsWith("CONNECT engine.invalid:8000 HTTP/1.1\r\n")
          .contains("Proxy-Authorization: " + proxy.authorization())
          .doesNotContain("adapters-own");
      assertThat(backend.requests().get(1).head())
          .startsWith("GET /v1/models HTTP/1.1\r\n")
          .contains("Host: engine.invalid:8000")
          .doesNotContain("Proxy-Authorization");
      assertThat(backend.connections()).isEqualTo(1);
    }

    @Test
    void takeTlsWhereTheCertificateIsTrustedAndNamesTheBackend(@TempDir Path folder)
        throws IOException, GeneralSecurityException, InterruptedException {
      var certificate = SelfSigned.in(folder);
      try (var secure = ScriptedBackend.start(certificate.listen())) {
        secure.onRequest(send(json("{\"data\":[{\"id\":\"m\"}]}")));
        var plain = adapter(null, null);
        var named = BaseUrl.of("https://localhost:" + secure.port());
        var unnamed = BaseUrl.of("https://127.0.0.1:" + secure.port());

        assertThat(list(BackendKind.VLLM, plain, named, null, PATIENT, certificate.tls()))
            .isEqualTo(found(model("m", null)));
        assertThat(
                failureOf(list(BackendKind.VLLM, plain, unnamed, null, PATIENT, certificate.tls())))
            .isInstanceOf(Unreachable.class);
        assertThat(failureOf(list(BackendKind.VLLM, plain, named, null, PATIENT)))
            .isInstanceOf(Unreachable.class);
        assertThat(secure.requests()).hasSize(1);
      }
    }
  }

  @Nested
  class Lists {
    @Test
    void ofLlamaServerNameTheirModelsOnce() {
      backend.onRequest(send(recorded("models")));

      assertThat(list(BackendKind.LLAMACPP)).isEqualTo(found(model("tiny", BackendKind.LLAMACPP)));
    }

    @Test
    void ofVllmNameAdaptersToo() {
      backend.onRequest(
          send(
              json(
                  """
                  {"object":"list","data":[
                   {"id":"Qwen/Qwen3-8B","object":"model","created":1795354118,"owned_by":"vllm",
                    "root":"Qwen/Qwen3-8B","parent":null,"max_model_len":40960,
                    "permission":[{"id":"modelperm-1","object":"model_permission","group":null}]},
                   {"id":"sql-lora","object":"model","owned_by":"vllm","parent":"Qwen/Qwen3-8B"}]}
                  """)));

      assertThat(list(BackendKind.VLLM))
          .isEqualTo(
              found(model("Qwen/Qwen3-8B", BackendKind.VLLM), model("sql-lora", BackendKind.VLLM)));
    }

    @Test
    void ofOllamaTellWhichModelsLiveElsewhere() {
      backend.onRequest(
          send(
              json(
                  """
                  {"models":[
                   {"name":"llama3.2:3b","model":"llama3.2:3b","size":2019393189,
                    "details":{"family":"llama","families":null}},
                   {"name":"gpt-oss:120b-cloud","model":"gpt-oss:120b-cloud",
                    "remote_model":"gpt-oss:120b","remote_host":"https://ollama.com:443"},
                   {"model":"unnamed:latest"}]}
                  """)));

      assertThat(list(BackendKind.OLLAMA))
          .isEqualTo(
              found(
                  model("llama3.2:3b", BackendKind.OLLAMA),
                  new OfferedModel(new ModelName("gpt-oss:120b-cloud"), BackendKind.OLLAMA, true),
                  model("unnamed:latest", BackendKind.OLLAMA)));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"object\":\"list\",\"data\":null}",
          "{\"object\":\"list\",\"data\":[]}",
          "{\"data\":null,\"models\":null}",
          "[]"
        })
    void mayBeEmpty(String body) {
      backend.onRequest(send(json(body)));

      assertThat(list(BackendKind.OPENAI)).isEqualTo(found());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"models\":null}", "{\"models\":[]}"})
    void ofOllamaMayBeEmpty(String body) {
      backend.onRequest(send(json(body)));

      assertThat(list(BackendKind.OLLAMA)).isEqualTo(found());
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"models\":[{\"name\":\"m\"}]}",
          "{\"data\":null,\"models\":[{\"name\":\"m\"}]}",
          "{\"data\":[{\"id\":\"m\",\"owned_by\":7}],\"models\":[{\"name\":\"other\"}]}",
          "[{\"id\":\"m\",\"name\":\"A nice name\"}]"
        })
    void areFoundWhereverTheyStand(String body) {
      backend.onRequest(send(json(body)));

      assertThat(list(BackendKind.API3)).isEqualTo(found(model("m", null)));
    }

    @Test
    void leaveOutRepeatsAndCountWhatNoClientCouldAskFor() {
      backend.onRequest(
          send(
              json(
                  """
                  {"data":[{"id":"a"},{"id":"b"},{"id":"a"},{"id":7},{},null,"c",
                   {"id":"C:\\\\models\\\\d.gguf"},{"id":"with space"},{"id":""}]}
                  """)));

      assertThat(list(BackendKind.API3))
          .isEqualTo(new Found(List.of(model("a", null), model("b", null)), 7));
    }

    @Test
    void mayComeInPiecesOrEndWithTheConnection() {
      String list = "{\"data\":[{\"id\":\"m\"}]}";
      backend.onRequest(
          send(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  + Replies.chunk(list.substring(0, 9))
                  + Replies.chunk(list.substring(9))
                  + Replies.END_OF_CHUNKS));
      backend.onRequest(send("HTTP/1.1 200 OK\r\n\r\n" + list), hangUp());

      assertThat(list(BackendKind.VLLM)).isEqualTo(found(model("m", null)));
      assertThat(list(BackendKind.VLLM)).isEqualTo(found(model("m", null)));
    }
  }

  @Nested
  class Failures {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "{}",
          "{\"object\":\"list\"}",
          "{\"data\":{\"id\":\"m\"}}",
          "{\"data\":\"none\"}",
          "\"m\"",
          "null",
          "",
          "{\"data\":[{\"id\":\"m\"}",
          "{\"data\":[]} and more",
          "{\"error\":null}",
          "<html><body>It works!</body></html>"
        })
    void areAnswersThatAreNoList(String body) {
      backend.onRequest(send(json(body)));

      assertThat(failureOf(list(BackendKind.OPENAI))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void areAnswersOfOllamasNeighbours() {
      backend.onRequest(send(json("{\"data\":[{\"id\":\"m\"}]}")));

      assertThat(failureOf(list(BackendKind.OLLAMA))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void areErrorsUnderAGoodStatus() {
      backend.onRequest(send(json("{\"error\":{\"message\":\"no GPU left\",\"code\":500}}")));

      assertThat(failureOf(list(BackendKind.VLLM)))
          .isEqualTo(new Reported(new UpstreamError("no GPU left", null, null, null)));
    }

    @Test
    void areErrorsTold() {
      backend.onRequest(send(reply("503 Service Unavailable", "text/html", "<p>Later")));
      backend.onRequest(
          send(reply("404 Not Found", "application/json", "{\"detail\":\"Not Found\"}")));

      assertThat(failureOf(list(BackendKind.VLLM)))
          .isEqualTo(
              new Rejected(
                  503,
                  new UpstreamError("the backend answered with status 503", null, null, null),
                  null));
      assertThat(failureOf(list(BackendKind.VLLM)))
          .isEqualTo(
              new Rejected(
                  404,
                  new UpstreamError(
                      "the model's backend does not serve /v1/models",
                      "invalid_request_error",
                      null,
                      null),
                  null));
    }

    @Test
    void overTheCredentialRepeatNothingOfIt() {
      backend.onRequest(send(recorded("auth_models_guarded")));

      assertThat(failureOf(list(BackendKind.LLAMACPP))).isEqualTo(new NotAuthorized(401));
    }

    @Test
    void areRedirectsWhichNobodyFollows() {
      backend.onRequest(
          send(
              "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:"
                  + backend.port()
                  + "/elsewhere\r\nContent-Length: 0\r\n\r\n"));

      assertThat(failureOf(list(BackendKind.VLLM))).isInstanceOf(Rejected.class);
      assertThat(backend.requests()).hasSize(1);
    }

    @Test
    void areCompressedLists() {
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nxxxx"));

      assertThat(failureOf(list(BackendKind.VLLM))).isInstanceOf(Unintelligible.class);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "SSH-2.0-OpenSSH_9.6\r\n",
          "HTTP/1.1 OK\r\n\r\n",
          "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
          "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
          "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"
        })
    void areWhateverIsNoHttp(String bytes) {
      backend.onRequest(send(bytes), hangUp());

      assertThat(failureOf(list(BackendKind.VLLM)))
          .isInstanceOfAny(Unintelligible.class, Unreachable.class);
    }

    @ParameterizedTest
    @EnumSource(Framing.class)
    void areListsWithoutAnEnd(Framing framing) {
      String mebibyte = " ".repeat(1024 * 1024);
      String end = framing == Framing.MANY_CHUNKS ? "\r\n" : "";
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\n" + framing.head),
          backend.drip(framing.chunkHead + mebibyte + end, Duration.ofMillis(1), 64));

      assertThat(failureOf(list(BackendKind.VLLM)))
          .isInstanceOfSatisfying(
              Unintelligible.class, it -> assertThat(it.detail()).contains(framing.complaint));
    }

    @Test
    void areListsCutOff() {
      backend.onRequest(send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"data\":["), hangUp());
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"dat"), reset());

      assertThat(failureOf(list(BackendKind.VLLM))).isInstanceOf(CutOff.class);
      assertThat(failureOf(list(BackendKind.VLLM))).isInstanceOf(CutOff.class);
    }

    @Test
    void areConnectionsThatEndWithoutAWord() {
      backend.onRequest(hangUp());
      backend.onRequest(reset());

      assertThat(failureOf(list(BackendKind.VLLM))).isInstanceOf(Unreachable.class);
      assertThat(failureOf(list(BackendKind.VLLM))).isInstanceOf(Unreachable.class);
    }

    @Test
    void arePlacesWhereNobodyListens() throws IOException {
      BaseUrl left;
      try (var gone = ScriptedBackend.start()) {
        left = gone.baseUrl();
      }

      assertThat(failureOf(list(BackendKind.VLLM, adapter(null, null), left, null, PATIENT)))
          .isInstanceOf(Unreachable.class);
      assertThat(failureOf(list(BackendKind.API3, adapter(null, null), null, null, PATIENT)))
          .isInstanceOf(Unreachable.class);
    }

    @Test
    void areAddressesThatAreNotCalled() {
      for (String host : List.of("0.0.0.0", "169.254.169.254", "[::ffff:a9fe:a9fe]")) {
        var url = BaseUrl.of("http://" + host + ":" + backend.port());

        assertThat(failureOf(list(BackendKind.VLLM, adapter(null, null), url, null, PATIENT)))
            .isInstanceOfSatisfying(
                Unreachable.class, it -> assertThat(it.detail()).contains("is not called"));
      }
      assertThat(backend.connections()).isZero();
    }

    @Test
    void areBackendsTooSlowWhichAreHungUpOn() {
      backend.onRequest(backend.silence());
      backend.onRequest(
          backend.drip("HTTP/1.1 200 OK\r\n", Duration.ofMillis(1), 1), backend.silence());
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"),
          backend.drip(" ", Duration.ofMillis(50), 9999));

      for (int i = 0; i < 3; i++) {
        assertThat(
                failureOf(
                    list(
                        BackendKind.VLLM, adapter(null, null), backend.baseUrl(), null, IMPATIENT)))
            .isEqualTo(new TimedOut(Phase.WHOLE, IMPATIENT));
        backend.awaitHangUp();
      }
    }
  }

  /** How a reply without an end can be told. */
  enum Framing {
    MANY_CHUNKS("Transfer-Encoding: chunked\r\n\r\n", "100000\r\n", "a reply of over"),
    ONE_CHUNK("Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n", "", "a reply of over"),
    LENGTH("Content-Length: 99999999\r\n\r\n", "", "a reply of over"),
    CONNECTION("\r\n", "", "a reply of over"),
    HEADERS("X-Long: ", "", "Header size exceeded");

    private final String head;
    private final String chunkHead;
    private final String complaint;

    Framing(String head, String chunkHead, String complaint) {
      this.head = head;
      this.chunkHead = chunkHead;
      this.complaint = complaint;
    }
  }
}
