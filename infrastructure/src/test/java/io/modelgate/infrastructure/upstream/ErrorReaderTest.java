package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure.NotAuthorized;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorReaderTest {
  private final ErrorReader errors =
      new ErrorReader(
          Scrubber.of(
              BaseUrl.of("https://gpu.internal.example"), "10.1.2.3:443", new Credential("s3cret")),
          Endpoint.EMBEDDINGS.path());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"Incorrect API key provided: s3***et\",\"code\":\"invalid_api_key\"}}",
        "{\"error\":{\"message\":\"bad key s3***et\",\"type\":\"authentication_error\"}}"
      })
  void whatIsAboutTheCredentialIsNotToldWhateverItsStatus(String body) {
    assertThat(errors.refusal(400, "", utf8(body), null)).isEqualTo(new NotAuthorized(400));
    assertThat(errors.report(utf8(body), new Span(0, body.length())))
        .isEqualTo(new NotAuthorized(500));
  }

  @Test
  void aPromptThatIsTooLongIsTheClientsMistakeWhateverItsStatus() {
    String body = "{\"error\":{\"message\":\"m\",\"code\":\"context_length_exceeded\"}}";
    var tooLong =
        new Rejected(
            400,
            new UpstreamError("m", "invalid_request_error", null, "context_length_exceeded"),
            null);

    assertThat(errors.refusal(500, "", utf8(body), null)).isEqualTo(tooLong);
    assertThat(errors.report(utf8(body), new Span(0, body.length()))).isEqualTo(tooLong);
  }

  @Test
  void readsEachDialect() {
    assertThat(
            error(
                404,
                "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":\"p\",\"code\":\"c\"}}"))
        .as("OpenAI")
        .isEqualTo(new UpstreamError("m", "t", "p", "c"));
    assertThat(
            error(400, "{\"error\":{\"code\":400,\"message\":\"m\",\"type\":\"t\",\"n_ctx\":1}}"))
        .as("llama-server, vLLM")
        .isEqualTo(new UpstreamError("m", "t", null, null));
    assertThat(
            error(
                404,
                "{\"object\":\"error\",\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":404}"))
        .as("vLLM 2025")
        .isEqualTo(new UpstreamError("m", "t", null, null));
    assertThat(error(503, "{\"error\":\"The model is currently scaling\"}"))
        .as("vLLM, Ollama: a string")
        .isEqualTo(new UpstreamError("The model is currently scaling", null, null, null));
    assertThat(error(400, "{\"detail\":\"Bad words\"}"))
        .as("FastAPI")
        .isEqualTo(new UpstreamError("Bad words", null, null, null));
    assertThat(
            error(
                422,
                "{\"detail\":[{\"loc\":[\"body\",1],\"msg\":\"Field required\",\"type\":\"missing\"},{\"msg\":\"x\"}]}"))
        .as("FastAPI's findings")
        .isEqualTo(new UpstreamError("Field required", "missing", null, null));
    assertThat(error(413, "too much of it"))
        .as("plain text")
        .isEqualTo(new UpstreamError("too much of it", null, null, null));
    assertThat(
            error(
                404,
                "{\"error\":{\"message\":\"m\",\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404}}"))
        .as("vLLM, a model it does not know")
        .isEqualTo(new UpstreamError("m", "NotFoundError", "model", "model_not_found"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"detail\":\"Not Found\"}",
        "{\"error\":{\"message\":\"File Not Found\",\"type\":\"not_found_error\",\"code\":404}}",
        "404 page not found",
      })
  void aPathThatABackendDoesNotHaveIsNamed(String body) {
    assertThat(error(404, body).message())
        .isEqualTo("the model's backend does not serve /v1/embeddings");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[json.exception.parse_error.101] parse error at line 1",
        "Failed to parse messages: Missing 'role' in message: {}",
        "Failed to parse tools: Missing tool type",
        "Failed to parse tool call arguments as JSON: no",
        "image input is not supported - hint: mmproj",
        "\\\"prompt\\\" must not be empty",
      })
  void whatLlamaServerTakesForItsOwnFaultIsTheClients(String message) {
    String body =
        "{\"error\":{\"code\":500,\"message\":\"" + message + "\",\"type\":\"server_error\"}}";

    assertThat(errors.refusal(500, "application/json", utf8(body), null))
        .isInstanceOfSatisfying(
            Rejected.class,
            rejected -> {
              assertThat(rejected.status()).isEqualTo(400);
              assertThat(rejected.error().type()).isEqualTo("invalid_request_error");
            });
  }

  @Test
  void aModelThatFailedIsNoMistakeOfTheClient() {
    String body =
        "{\"error\":{\"code\":500,\"message\":\"The model produced output that does not match the expected peg-native format\",\"type\":\"server_error\"}}";

    assertThat(errors.refusal(500, "application/json", utf8(body), null))
        .isInstanceOfSatisfying(Rejected.class, told -> assertThat(told.status()).isEqualTo(500));
  }

  @Test
  void whatABackendWasNotStartedForIsNotTriedAgain() {
    String body =
        "{\"error\":{\"code\":501,\"message\":\"This server does not support embeddings.\",\"type\":\"not_supported_error\"}}";

    assertThat(errors.refusal(501, "application/json", utf8(body), null))
        .isInstanceOfSatisfying(Rejected.class, told -> assertThat(told.status()).isEqualTo(400));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"code\":400,\"message\":\"too long\",\"type\":\"exceed_context_size_error\"}}",
        "{\"error\":{\"message\":\"This model's maximum context length is 8 tokens\",\"type\":\"BadRequestError\",\"code\":400}}",
        "{\"object\":\"error\",\"message\":\"This model's maximum context length is 8\",\"code\":400}",
        "{\"error\":{\"message\":\"m\",\"type\":\"x\",\"code\":\"context_length_exceeded\"}}",
        "{\"error\":{\"code\":500,\"message\":\"input (3501 tokens) is too large to process. increase the physical batch size (current batch size: 512)\",\"type\":\"server_error\"}}",
      })
  void everyWayToSayThatAPromptIsTooLongIsOpenAis(String body) {
    assertThat(errors.refusal(500, "application/json", utf8(body), null))
        .isInstanceOfSatisfying(
            Rejected.class,
            told -> {
              assertThat(told.status()).isEqualTo(400);
              assertThat(told.error().code()).isEqualTo("context_length_exceeded");
              assertThat(told.error().type()).isEqualTo("invalid_request_error");
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "<html><h1>Bad Gateway</h1></html>",
        "{\"error\":{}}",
        "{\"error\":null}",
        "{\"error\":{\"message\":\"\"}}",
        "{\"error\":{\"message\":\"cut",
        "[]",
      })
  void whatSaysNothingIsToldByItsStatus(String body) {
    assertThat(error(404, body))
        .isEqualTo(new UpstreamError("the backend answered with status 404", null, null, null));
  }

  @Test
  void thePlainTextOfAnInnerTroubleIsNotTold() {
    assertThat(error(500, "Traceback (most recent call last): …").message())
        .isEqualTo("the backend answered with status 500");
  }

  @Test
  void theBodyOfARedirectIsNotTold() {
    assertThat(error(307, "{\"error\":\"see https://gpu2.internal.example\"}").message())
        .isEqualTo("the backend answered with status 307");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"too long\",\"type\":\"exceed_context_size_error\",\"code\":400}}",
        "{\"error\":{\"message\":\"This model's maximum context length is 8 tokens.\",\"type\":\"BadRequestError\"}}",
        "{\"error\":{\"message\":\"too long\",\"type\":\"x\",\"code\":\"context_length_exceeded\"}}",
      })
  void aPromptThatIsTooLongHasOneCodeInEveryDialect(String body) {
    assertThat(error(400, body))
        .returns("context_length_exceeded", UpstreamError::code)
        .returns("invalid_request_error", UpstreamError::type);
  }

  @Test
  void aBodyThatLlamaServerCannotReadIsTheClientsMistake() {
    var refusal =
        refusal(
            500,
            "{\"error\":{\"code\":500,\"message\":\"[json.exception.parse_error.101] x\",\"type\":\"server_error\"}}",
            null);

    assertThat(refusal.status()).isEqualTo(400);
    assertThat(refusal.error().type()).isEqualTo("invalid_request_error");
  }

  @Test
  void neitherTheAddressNorTheCredentialIsTold() {
    String body =
        "{\"error\":{\"message\":\"HTTPS://GPU.internal.example/v1 at 10.1.2.3:443 and"
            + " gpu.internal.example:443 took s3cret\\u0000\\nfrom you\",\"param\":\"s3cret\"}}";

    assertThat(error(400, body))
        .isEqualTo(
            new UpstreamError(
                "the backend/v1 at the backend and the backend took …  from you", null, "…", null));
  }

  @Test
  void aMessageIsNotEndless() {
    String body = "{\"error\":\"" + "x".repeat(1999) + "😀\"}";

    assertThat(error(400, body).message()).isEqualTo("x".repeat(1999));
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 407})
  void ofARefusedCredentialOnlyTheStatusIsKept(int status) {
    assertThat(errors.refusal(status, "", utf8("{\"error\":\"Unauthorized\"}"), "5"))
        .isEqualTo(new NotAuthorized(status));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "7, 7",
        "999999, 999999",
        "1000000, -",
        "-5, -",
        "soon, -",
        "1.5, -",
        "'Wed, 21 Oct 2026 07:28:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT'",
        "-, -",
      })
  void onlyASaneRetryAfterIsKept(@Nullable String told, @Nullable String kept) {
    assertThat(refusal(429, "{}", told).retryAfter()).isEqualTo(kept);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "see https://gpu.internal.example/v1/x | see the backend/v1/x",
        "at http:\\/\\/gpu-box:8000\\/v1 now | at the backend now",
        "GPU.internal.example is full | the backend is full",
        "HTTPConnectionPool(host='10.1.2.3', port=443) | HTTPConnectionPool(host='the backend', port=443)",
        "asked 192.168.7.9:8000 and [fd00::7]:80 and fe80::1 | asked the backend and the backend and the backend",
        "https%3A%2F%2Fgpu.internal.example%3A443 | the backend",
        "from http://worker-3/metrics, twice | from the backend, twice",
        "http://engine.ml.svc:80/a and localhost:9 | the backend and the backend",
        "key czNjcmV0 or s3cret | key … or …",
        "see https://platform.openai.com/docs at 12:30:45 | see https://platform.openai.com/docs at 12:30:45",
        "std::string a::b v1.2.3 3:4 | std::string the backend v1.2.3 3:4"
      })
  void takesEverySpellingOfABackendOutOfItsWords(String said, String told) {
    String body = "{\"message\":\"" + said.replace("\\", "\\\\") + "\"}";

    assertThat(error(400, body).message()).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dial tcp other.internal:9000: refused | dial tcp the backend: refused",
        "at http://10.1.2.3:21999/x now | at the backend now",
        "at https://gpu.internal.example:9000/x now | at the backend now",
        "GPU.internal.example:9000 is full | the backend is full",
        "model llama3:8b, a:b, qwen2.5:7b, ft:gpt:4000, line:12, www.example.org:80 | model llama3:8b, a:b, qwen2.5:7b, ft:gpt:4000, line:12, www.example.org:80",
        "see https://platform.openai.com/docs | see https://platform.openai.com/docs",
      })
  void whatIsSaidToClientsKeepsWhatOnlyLooksLikeAHost(String said, String told) {
    assertThat(error(400, "{\"error\":{\"message\":\"" + said + "\"}}").message()).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dial tcp other.internal:9000: refused | dial tcp the backend: refused",
        "lookup gpu7.corp.lan on 10.0.0.2:53: no such host | lookup the backend on the backend: no such host",
        "https://proxy.example.org:3128/x failed | the backend failed",
        "connect to proxy.example.org:443 failed | connect to the backend failed",
        "worker-3:8000 left, and dial tcp gpu7:80 too | the backend left, and dial tcp the backend too",
        "model llama3:8b of qwen2.5:7b failed at 12:30:45, code:500, std::x | model llama3:8b of qwen2.5:7b failed at 12:30:45, code:500, std::x",
      })
  void ofInnerTroublesNoHostIsTold(String said, String told) {
    assertThat(error(502, "{\"error\":{\"message\":\"" + said + "\"}}").message()).isEqualTo(told);
    assertThat(error(409, said).message()).as("unshaped").isEqualTo(told);
  }

  @Test
  void takesThePathAndAContainersNameOut() {
    var scrubber =
        Scrubber.of(BaseUrl.of("http://vllm:8000/tenants/blue"), "172.17.0.2:8000", null);

    assertThat(scrubber.scrub("vllm 0.9: no /tenants/blue/v1/chat at host='vllm' or //vllm/", 200))
        .isEqualTo("vllm 0.9: no the backend/v1/chat at host='the backend' or //the backend/");
  }

  private UpstreamError error(int status, String body) {
    return refusal(status, body, null).error();
  }

  private Rejected refusal(int status, String body, @Nullable String retryAfter) {
    return (Rejected) errors.refusal(status, "application/json", utf8(body), retryAfter);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
