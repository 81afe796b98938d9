package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** OpenAI's own SDK for Java, with every kind of backend behind the gateway. */
class JavaSdkKindsIT {
  private static final List<DialectEngine> engines = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private static GatewayFixture gateway;

  @SuppressWarnings("NullAway.Init")
  private static OpenAIClient client;

  @BeforeAll
  static void start(@TempDir Path folder) {
    gateway = GatewayFixture.start(folder);
    for (EngineDialect dialect : EngineDialect.values()) {
      var engine = DialectEngine.start(dialect);
      engines.add(engine);
      engine.registerAt(gateway.admin());
    }
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(gateway.url() + "/v1")
            .apiKey(gateway.admin().createKey("java-sdk").secret())
            .maxRetries(0)
            .build();
  }

  @AfterAll
  static void stop() throws IOException {
    client.close();
    gateway.close();
    for (DialectEngine engine : engines) {
      engine.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void getsAWholeChat(EngineDialect kind) {
    ChatCompletion reply = client.chat().completions().create(chat(kind, "ok").build()).validate();

    assertThat(reply.choices().getFirst().message().content()).contains("Hi");
    assertThat(reply.choices().getFirst().finishReason().asString()).isEqualTo("stop");
    assertThat(reply.model()).isEqualTo(model(kind, "ok"));
    assertThat(reply.usage().orElseThrow().promptTokens()).isEqualTo(7);
    assertThat(reply.usage().orElseThrow().completionTokens()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void getsAStreamedChat(EngineDialect kind) {
    ChatCompletion reply = accumulated(chat(kind, "ok").build());

    assertThat(reply.choices().getFirst().message().content()).contains("Hi");
    assertThat(reply.choices().getFirst().finishReason().asString()).isEqualTo("stop");
  }

  @ParameterizedTest
  @EnumSource
  void getsAToolCall(EngineDialect kind) {
    var asked = withTool(chat(kind, "ok")).build();

    assertCall(client.chat().completions().create(asked));
    assertCall(accumulated(asked));
  }

  private static void assertCall(ChatCompletion reply) {
    var choice = reply.choices().getFirst();
    assertThat(choice.finishReason().asString()).isEqualTo("tool_calls");
    ChatCompletionMessageFunctionToolCall call =
        choice.message().toolCalls().orElseThrow().getFirst().asFunction();
    assertThat(call.id()).isNotBlank();
    assertThat(call.function().name()).isEqualTo("look");
    assertThat(call.function().arguments()).isEqualTo("{\"x\":1}");
  }

  @ParameterizedTest
  @EnumSource
  void getsCompletions(EngineDialect kind) {
    var asked =
        CompletionCreateParams.builder().model(model(kind, "ok")).prompt("Tell me more").build();

    assertThat(client.completions().create(asked).validate().choices().getFirst().text())
        .isEqualTo("Hi");
    try (StreamResponse<Completion> stream = client.completions().createStreaming(asked)) {
      assertThat(
              stream.stream()
                  .flatMap(chunk -> chunk.choices().stream())
                  .map(choice -> choice.text())
                  .collect(Collectors.joining()))
          .isEqualTo("Hi");
    }
  }

  @ParameterizedTest
  @EnumSource
  void getsEmbeddings(EngineDialect kind) {
    for (var format : EmbeddingCreateParams.EncodingFormat.Known.values()) {
      CreateEmbeddingResponse reply =
          client
              .embeddings()
              .create(
                  EmbeddingCreateParams.builder()
                      .model(model(kind, "ok"))
                      .input("Tell me more")
                      .encodingFormat(
                          EmbeddingCreateParams.EncodingFormat.of(
                              format.name().toLowerCase(Locale.ROOT)))
                      .build());

      assertThat(reply.usage().promptTokens()).isEqualTo(7);
      assertThat(reply.data()).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void learnsThatAPromptIsTooLong(EngineDialect kind) {
    var refused =
        catchThrowableOfType(
            BadRequestException.class,
            () -> client.chat().completions().create(chat(kind, "too-long").build()));

    assertThat(refused.code()).contains("context_length_exceeded");
    assertThat(refused.type()).contains("invalid_request_error");
  }

  @ParameterizedTest
  @EnumSource
  void learnsThatABackendIsBusyOrRefuses(EngineDialect kind) {
    for (String model : List.of("busy", "refuses")) {
      var refused =
          catchThrowableOfType(
              OpenAIServiceException.class,
              () -> client.chat().completions().create(chat(kind, model).build()));

      assertThat(refused.statusCode())
          .isIn(model.equals("busy") ? List.of(429, 503) : List.of(400, 404, 422));
      assertThat(refused.type()).isPresent();
      refused.code(); // throws when it is no string
    }
  }

  @ParameterizedTest
  @EnumSource
  void learnsThatAnEngineDied(EngineDialect kind) {
    var whole =
        catchThrowableOfType(
            OpenAIServiceException.class,
            () -> client.chat().completions().create(chat(kind, "dies").build()));
    assertThat(whole.statusCode()).isEqualTo(502);

    assertThat(
            catchThrowableOfType(
                OpenAIException.class, () -> accumulated(chat(kind, "dies").build())))
        .isNotNull();
  }

  private static ChatCompletion accumulated(ChatCompletionCreateParams asked) {
    var accumulator = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(asked)) {
      stream.stream().forEach(accumulator::accumulate);
    }
    return accumulator.chatCompletion();
  }

  private static ChatCompletionCreateParams.Builder chat(EngineDialect kind, String model) {
    return ChatCompletionCreateParams.builder()
        .model(model(kind, model))
        .addUserMessage("Tell me more");
  }

  private static String model(EngineDialect kind, String model) {
    return kind.name().toLowerCase(Locale.ROOT) + "/" + model;
  }

  private static ChatCompletionCreateParams.Builder withTool(
      ChatCompletionCreateParams.Builder chat) {
    return chat.addFunctionTool(
        FunctionDefinition.builder()
            .name("look")
            .parameters(
                FunctionParameters.builder()
                    .putAdditionalProperty("type", JsonValue.from("object"))
                    .putAdditionalProperty(
                        "properties", JsonValue.from(Map.of("x", Map.of("type", "integer"))))
                    .build())
            .build());
  }
}
