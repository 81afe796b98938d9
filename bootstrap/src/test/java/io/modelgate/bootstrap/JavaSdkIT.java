package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.errors.UnauthorizedException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.errors.UnprocessableEntityException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's own SDK for Java, pointed at the gateway. */
class JavaSdkIT {
  private static FakeEngine engine;
  private static GatewayFixture gateway;
  private static AdminClient.IssuedKey key;
  private static OpenAIClient client;
  private static final List<OpenAIClient> clients = new ArrayList<>();

  @BeforeAll
  static void start(@TempDir Path folder) {
    engine = FakeEngine.start();
    gateway = GatewayFixture.start(folder);
    engine.registerAt(gateway.admin());
    key = gateway.admin().createKey("java-sdk");
    client = clientWith(key.secret(), 0);
  }

  @AfterAll
  static void stop() {
    clients.forEach(OpenAIClient::close);
    gateway.close();
    engine.close();
  }

  @Test
  void getsAWholeChatFromTheEcho() {
    ChatCompletion reply = client.chat().completions().create(chat("echo"));

    assertThat(reply.validate().model()).isEqualTo("echo");
    assertThat(text(reply)).contains("Tell me more");
    assertThat(reply.choices().getFirst().finishReason().asString()).isEqualTo("stop");
    assertThat(reply.usage().orElseThrow().totalTokens()).isPositive();
  }

  @Test
  void getsTheSameChatFromTheEchoStreamed() {
    var whole = client.chat().completions().create(chat("echo"));

    List<ChatCompletionChunk> chunks = streamed(chat("echo"));

    assertThat(chunks.size()).isGreaterThan(3);
    assertThat(text(accumulated(chunks))).isEqualTo(text(whole));
    assertThat(chunks).allMatch(chunk -> chunk.usage().isEmpty());
  }

  @Test
  void getsAWholeChatFromAnEngine() {
    ChatCompletion reply = client.chat().completions().create(chat("tiny"));

    assertThat(text(reply)).startsWith(" part0 many can take");
    assertThat(reply.usage().orElseThrow().completionTokens()).isEqualTo(16);
  }

  @Test
  void getsAStreamedChatFromAnEngineWithoutTheUsageItDidNotAskFor() {
    List<ChatCompletionChunk> chunks = streamed(chat("tiny"));

    assertThat(text(accumulated(chunks))).isEqualTo(" part0 many can take many take she");
    assertThat(chunks).allMatch(chunk -> chunk.usage().isEmpty());
    assertThat(chunks).noneMatch(chunk -> chunk.choices().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "echo"})
  void getsTheUsageOfAStreamWhenItAsks(String model) {
    var asking =
        chat(model).toBuilder()
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();

    List<ChatCompletionChunk> chunks = streamed(asking);

    assertThat(chunks.getLast().choices()).isEmpty();
    assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isPositive();
    assertThat(chunks.subList(0, chunks.size() - 1)).allMatch(chunk -> chunk.usage().isEmpty());
  }

  @Test
  void seesOnlyItsOwnNameOfAModelThatHasAnotherAtTheEngine() {
    var aliased = chat("acme/tiny:latest");

    assertThat(client.chat().completions().create(aliased).model()).isEqualTo("acme/tiny:latest");
    assertThat(streamed(aliased)).allMatch(chunk -> chunk.model().equals("acme/tiny:latest"));
  }

  @Test
  void callsAToolFromAWholeReply() {
    ChatCompletion reply = client.chat().completions().create(withTool(chat("tools")));

    assertThat(reply.choices().getFirst().finishReason().asString()).isEqualTo("tool_calls");
    assertThat(theCall(reply).function().name()).isEqualTo("get_weather");
    assertThat(theCall(reply).function().arguments())
        .isEqualTo("{\n\"city\": \"Rome\", \"unit\" :\"c\" }");
    assertThat(theCall(reply).id()).isEqualTo("xZt76gECmVfEvsesgv9M3n0QHcTICbh0");
  }

  @Test
  void putsAStreamedToolCallTogether() {
    ChatCompletion reply = accumulated(streamed(withTool(chat("tools"))));

    assertThat(reply.choices().getFirst().finishReason().asString()).isEqualTo("tool_calls");
    assertThat(theCall(reply).function().name()).isEqualTo("get_weather");
    assertThat(theCall(reply).function().arguments())
        .startsWith("{\n\"city\": \"Rome\"")
        .endsWith("}");
    assertThat(theCall(reply).id()).isEqualTo("lmaL0xkXjSfIehDLwpM7qBdTV7RWomHR");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "echo"})
  void getsALegacyCompletionWholeAndStreamed(String model) {
    var params = CompletionCreateParams.builder().model(model).prompt("Once upon a time").build();

    Completion whole = client.completions().create(params);
    assertThat(whole.choices().getFirst().text()).isNotBlank();
    assertThat(whole.usage().orElseThrow().totalTokens()).isPositive();

    List<Completion> chunks;
    try (StreamResponse<Completion> stream = client.completions().createStreaming(params)) {
      chunks = stream.stream().toList();
    }
    assertThat(chunks.size()).isGreaterThan(2);
    String text =
        chunks.stream().map(c -> c.choices().getFirst().text()).collect(Collectors.joining());
    assertThat(text).isNotBlank();
    assertThat(chunks.getLast().choices().getFirst().finishReason().asString())
        .isIn("stop", "length");
  }

  @Test
  void listsTheModels() {
    List<Model> models = client.models().list().data();

    assertThat(models).extracting(Model::id).contains("echo", "tiny", "acme/tiny:latest");
    assertThat(models).allMatch(model -> model.validate().created() > 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"echo", "acme/tiny:latest"})
  void retrievesAModelEvenOneWithASlashInItsName(String id) {
    assertThat(client.models().retrieve(id).validate().id()).isEqualTo(id);
  }

  @Test
  void learnsThatItsKeyIsWrong() {
    OpenAIClient stranger = clientWith("sk-mg-0123456789012345678901234567890123456789012", 0);
    assertThatCode(failure(stranger, chat("echo"), UnauthorizedException.class))
        .isEqualTo("invalid_api_key");
    assertThatCode(
            catchThrowableOfType(
                UnauthorizedException.class, () -> stranger.models().list().data()))
        .isEqualTo("invalid_api_key");
  }

  @Test
  void learnsThatItsKeyWasDisabled() {
    AdminClient.IssuedKey shortLived = gateway.admin().createKey("short-lived");
    OpenAIClient holder = clientWith(shortLived.secret(), 0);
    assertThat(text(holder.chat().completions().create(chat("echo")))).isNotBlank();

    gateway.admin().changeKey(shortLived.id(), "{\"status\":\"disabled\"}");

    var refused = failure(holder, chat("echo"), UnauthorizedException.class);
    assertThatCode(refused).isEqualTo("invalid_api_key");
    assertThat(refused).hasMessageContaining("disabled");
  }

  @Test
  void learnsThatItsQuotaIsUsedUp() {
    AdminClient.IssuedKey poor = gateway.admin().createKey("poor");
    gateway.admin().changeKey(poor.id(), "{\"quota_tokens\":0}");
    OpenAIClient holder = clientWith(poor.secret(), 0);
    assertThatCode(failure(holder, chat("echo"), RateLimitException.class))
        .isEqualTo("insufficient_quota");
  }

  @Test
  void learnsThatThereIsNoSuchModel() {
    var refused = failure(client, chat("no/such-model"), NotFoundException.class);

    assertThatCode(refused).isEqualTo("model_not_found");
    assertThat(refused.param()).contains("model");
    assertThat(refused).hasMessageContaining("no/such-model");
    assertThatCode(
            catchThrowableOfType(
                NotFoundException.class, () -> client.models().retrieve("no/such-model")))
        .isEqualTo("model_not_found");
  }

  @Test
  void learnsWhichFieldIsWrong() {
    var wrong =
        chat("echo").toBuilder().putAdditionalBodyProperty("n", JsonValue.from("many")).build();

    var refused = failure(client, wrong, BadRequestException.class);

    assertThat(refused.param()).contains("n");
    assertThat(refused.code()).isEmpty();
    assertThat(refused.type()).contains("invalid_request_error");
  }

  @Test
  void learnsThatItsRequestIsTooLarge() {
    var large = chat("echo").toBuilder().addUserMessage("x".repeat(6 << 20)).build();

    var refused = failure(client, large, UnexpectedStatusCodeException.class);

    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(refused).hasMessageContaining("too large").hasMessageContaining("5242880 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "400, com.openai.errors.BadRequestException, 400",
    "404, com.openai.errors.NotFoundException, 404",
    "409, com.openai.errors.UnexpectedStatusCodeException, 409",
    "422, com.openai.errors.UnprocessableEntityException, 422",
    "429, com.openai.errors.RateLimitException, 429",
    "500, com.openai.errors.InternalServerException, 502",
    "503, com.openai.errors.InternalServerException, 503",
  })
  void hearsTheEnginesOwnErrors(
      int status, Class<? extends OpenAIServiceException> type, int expected) {
    for (boolean stream : List.of(false, true)) {
      var failure = failure(chat("status-" + status), type, stream);

      assertThat(failure.statusCode()).isEqualTo(expected);
      assertThat(failure).hasMessageContaining("the engine says " + status);
      assertThat(failure.code()).isNotNull();
      assertThat(failure.type()).isPresent();
    }
  }

  @Test
  void isToldWhenToComeBackToABusyEngine() {
    var busy = failure(client, chat("status-429"), RateLimitException.class);

    assertThatCode(busy).isEqualTo("rate_limit_exceeded");
    assertThat(busy.headers().values("Retry-After")).containsExactly("7");
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void doesNotTakeTheGatewaysTroubleWithAnEngineForItsOwn(int status) {
    var failure = failure(client, chat("status-" + status), InternalServerException.class);

    assertThat(failure.statusCode()).isEqualTo(502);
    assertThatCode(failure).isEqualTo("upstream_auth_failed");
    assertThat(failure.getMessage()).doesNotContain("the engine says");
  }

  @Test
  void recognisesAPromptThatIsTooLong() {
    assertThatCode(failure(client, chat("overflow"), BadRequestException.class))
        .isEqualTo("context_length_exceeded");
  }

  @Test
  void learnsThatNothingAnswersForAModel() {
    var failure = failure(client, chat("nobody-home"), InternalServerException.class);

    assertThat(failure.statusCode()).isEqualTo(502);
    assertThatCode(failure).isEqualTo("upstream_unavailable");
  }

  @ParameterizedTest
  @CsvSource({
    "cut, upstream_cut_off",
    "unfinished, upstream_cut_off",
    "silent, upstream_timeout",
  })
  void neverTakesABrokenStreamForAWholeOne(String model, String code) {
    List<ChatCompletionChunk> chunks = new ArrayList<>();

    var broken =
        catchThrowableOfType(
            SseException.class,
            () -> {
              try (var stream = client.chat().completions().createStreaming(chat(model))) {
                stream.stream().forEach(chunks::add);
              }
            });

    assertThatCode(broken).isEqualTo(code);
    assertThat(broken.type()).isPresent();
    assertThat(chunks).as("what came before the break").isNotEmpty();
  }

  @Test
  void hearsOfAnErrorInTheMiddleOfAStream() {
    try (var stream = client.chat().completions().createStreaming(chat("error-later"))) {
      Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
      assertThat(chunks.next().choices()).isNotEmpty();
      client.chat().completions().create(chat("go-on"));

      var broken =
          catchThrowableOfType(
              SseException.class, () -> chunks.forEachRemaining(chunk -> chunk.validate()));

      assertThatCode(broken).isEqualTo("upstream_error");
      assertThat(broken).hasMessageContaining("peg-native");
      assertThat(broken.type()).contains("server_error");
    }
  }

  @Test
  void getsAStatusWhenAStreamFailsBeforeAnythingOfItWasSent() {
    var failure = failureOf(InternalServerException.class, () -> streamed(chat("error-event")));

    assertThat(failure.statusCode()).isEqualTo(502);
    assertThatCode(failure).isEqualTo("upstream_error");
  }

  @Test
  void comesBackByItselfToABusyEngine() {
    long before = System.nanoTime();
    OpenAIClient patient = clientWith(key.secret(), 1);
    assertThat(text(patient.chat().completions().create(chat("busy-once")))).isNotBlank();

    assertThat(engine.calls("busy-once")).isEqualTo(2);
    assertThat(System.nanoTime() - before).as("Retry-After: 1").isGreaterThan(950_000_000L);
  }

  @Test
  void triesAgainWhenTheEngineFailsAndNotWhenTheMistakeIsItsOwn() {
    OpenAIClient patient = clientWith(key.secret(), 1);
    long failures = engine.calls("status-500");
    long mistakes = engine.calls("status-422");

    assertThat(failure(patient, chat("status-500"), InternalServerException.class)).isNotNull();
    assertThat(failure(patient, chat("status-422"), UnprocessableEntityException.class))
        .isNotNull();

    assertThat(engine.calls("status-500") - failures).isEqualTo(2);
    assertThat(engine.calls("status-422") - mistakes).isEqualTo(1);
  }

  private static OpenAIClient clientWith(String secret, int retries) {
    OpenAIClient fresh =
        OpenAIOkHttpClient.builder()
            .baseUrl(gateway.url() + "/v1")
            .apiKey(secret)
            .maxRetries(retries)
            .build();
    clients.add(fresh);
    return fresh;
  }

  private static ChatCompletionCreateParams chat(String model) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage("Tell me more").build();
  }

  private static ChatCompletionCreateParams withTool(ChatCompletionCreateParams params) {
    var schema =
        FunctionParameters.builder()
            .putAdditionalProperty("type", JsonValue.from("object"))
            .putAdditionalProperty(
                "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
            .build();
    return params.toBuilder()
        .addFunctionTool(
            FunctionDefinition.builder().name("get_weather").parameters(schema).build())
        .build();
  }

  private static List<ChatCompletionChunk> streamed(ChatCompletionCreateParams params) {
    try (var stream = client.chat().completions().createStreaming(params)) {
      return stream.stream().toList();
    }
  }

  private static ChatCompletion accumulated(List<ChatCompletionChunk> chunks) {
    var accumulator = ChatCompletionAccumulator.create();
    chunks.forEach(accumulator::accumulate);
    return accumulator.chatCompletion();
  }

  private static String text(ChatCompletion reply) {
    return reply.choices().getFirst().message().content().orElseThrow();
  }

  private static ChatCompletionMessageFunctionToolCall theCall(ChatCompletion reply) {
    return reply.choices().getFirst().message().toolCalls().orElseThrow().getFirst().asFunction();
  }

  private static <E extends OpenAIServiceException> E failure(
      OpenAIClient caller, ChatCompletionCreateParams params, Class<E> type) {
    return failureOf(type, () -> caller.chat().completions().create(params));
  }

  private static <E extends OpenAIServiceException> E failure(
      ChatCompletionCreateParams params, Class<E> type, boolean stream) {
    return stream ? failureOf(type, () -> streamed(params)) : failure(client, params, type);
  }

  private static <E extends OpenAIServiceException> E failureOf(
      Class<E> type, ThrowingCallable call) {
    E failure = catchThrowableOfType(type, call);
    assertThat(failure).as("the call fails").isNotNull();
    return failure;
  }

  private static AbstractStringAssert<?> assertThatCode(OpenAIServiceException failure) {
    return assertThat(failure.code().orElse("(none)"));
  }
}
