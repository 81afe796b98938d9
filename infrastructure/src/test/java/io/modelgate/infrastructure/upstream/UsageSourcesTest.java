package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.Replies.DONE;
import static io.modelgate.infrastructure.upstream.Replies.EVENT_STREAM;
import static io.modelgate.infrastructure.upstream.Replies.chunk;
import static io.modelgate.infrastructure.upstream.Replies.event;
import static io.modelgate.infrastructure.upstream.Replies.json;
import static io.modelgate.infrastructure.upstream.Replies.stream;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.Upstream.Delivery.Abandoned;
import io.modelgate.application.port.Upstream.Delivery.BrokenOff;
import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.CutShort;
import io.modelgate.application.port.Upstream.Delivery.NoReply;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a call is charged, and who counted it. */
@Timeout(60)
class UsageSourcesTest {
  /** Takes 3 for the answer, 3 for the message, 1 for its role and 2 for its text. */
  private static final String HELLO =
      "\"messages\":[{\"role\":\"user\",\"content\":\"Hello you\"}]";

  private static final String FINISH =
      event("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");

  private final ScriptedBackend backend = ScriptedBackend.start();
  private final Upstreams upstreams = open();

  private static Upstreams open() {
    Map<BackendKind, UpstreamSettings.Adapter> adapters = new EnumMap<>(BackendKind.class);
    for (BackendKind kind : BackendKind.values()) {
      adapters.put(kind, new UpstreamSettings.Adapter(null, null, StreamUsage.ASK));
    }
    return Upstreams.open(
        new UpstreamSettings(
            Duration.ofSeconds(20), Duration.ofSeconds(5), 1024 * 1024, adapters, null),
        InstantSource.system());
  }

  @AfterEach
  void stop() throws IOException {
    upstreams.close();
    backend.close();
  }

  private Metered charged(BackendKind kind, ChatCall call, String reply) {
    backend.onRequest(send(reply), hangUp());
    Delivery delivery =
        upstreams.send(
            Calls.routeTo(kind, "tiny", backend.baseUrl()),
            call,
            GivenBudget.endless(),
            new MemorySink());
    return switch (delivery) {
      case Complete(Metered usage, byte[] _) -> usage;
      case BrokenOff(Metered soFar, var _) -> soFar;
      case Abandoned(Metered soFar) -> soFar;
      case CutShort _, NoReply _ -> throw new AssertionError(delivery.toString());
    };
  }

  private static ChatCall chat(String more) {
    return Calls.to(Endpoint.CHAT_COMPLETIONS, HELLO + more);
  }

  private static ChatCall twoChoices(String more) {
    return Calls.to(
        Endpoint.CHAT_COMPLETIONS, HELLO + more, new OutputBounds(List.of(), 2L, null), 1);
  }

  private static String said(int index, String text) {
    return event(
        "{\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}"
            .formatted(index, text));
  }

  private static String told(String usage) {
    return event("{\"choices\":[],\"usage\":" + usage + "}");
  }

  private static String whole(String choices, String more) {
    return json("{\"choices\":[" + choices + "]" + more + "}");
  }

  private static String message(int index, String text) {
    return "{\"index\":%d,\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}"
        .formatted(index, text);
  }

  @ParameterizedTest
  @EnumSource(
      value = BackendKind.class,
      names = {"VLLM", "OPENAI", "LLAMACPP", "API3"})
  void isTheBackendsWhereItTellsWithItsDetails(BackendKind kind) {
    String usage =
        "{\"prompt_tokens\":70,\"completion_tokens\":20,\"prompt_tokens_details\":{\"cached_tokens\":64},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":11}}";
    Metered expected = new TokenUsage(70, 20, 64, 11).by(UsageSource.UPSTREAM);

    assertThat(charged(kind, chat(""), whole(message(0, "Hi"), ",\"usage\":" + usage)))
        .isEqualTo(expected);
    assertThat(
            charged(
                kind,
                chat(",\"stream\":true"),
                stream(said(0, "Hi") + FINISH + told(usage) + DONE)))
        .isEqualTo(expected);
  }

  @Test
  void isCountedWithATokenizerWhereTheBackendDoesNotTell() {
    Metered expected = new TokenUsage(9, 3).by(UsageSource.TOKENIZER);

    assertThat(charged(BackendKind.VLLM, chat(""), whole(message(0, "one two three"), "")))
        .isEqualTo(expected);
    assertThat(
            charged(
                BackendKind.VLLM,
                chat(",\"stream\":true"),
                stream(said(0, "one t") + said(0, "wo three") + FINISH + DONE)))
        .isEqualTo(expected);
  }

  @Test
  void isCountedWithATokenizerWhereTheBackendTellsZeros() {
    String zeros = "{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}";

    assertThat(
            charged(
                BackendKind.API3, chat(""), whole(message(0, "one two"), ",\"usage\":" + zeros)))
        .isEqualTo(new TokenUsage(9, 2).by(UsageSource.TOKENIZER));
    assertThat(
            charged(
                BackendKind.API3,
                chat(",\"stream\":true"),
                stream(said(0, "one two") + FINISH + told(zeros) + DONE)))
        .isEqualTo(new TokenUsage(9, 2).by(UsageSource.TOKENIZER));
  }

  @Test
  void keepsTheHalfThatTheBackendTells() {
    assertThat(
            charged(
                BackendKind.VLLM,
                chat(""),
                whole(message(0, "one two"), ",\"usage\":{\"prompt_tokens\":5}")))
        .isEqualTo(new TokenUsage(5, 2).by(UsageSource.TOKENIZER));
    assertThat(
            charged(
                BackendKind.VLLM,
                chat(""),
                whole(message(0, "one two"), ",\"usage\":{\"completion_tokens\":5}")))
        .isEqualTo(new TokenUsage(9, 5).by(UsageSource.TOKENIZER));
  }

  @Test
  void ofSeveralChoicesOfLlamaServerIsCountedWhenWholeWithThePromptOnce() {
    String two = message(0, "one two three") + "," + message(1, "four five");
    String usage = ",\"usage\":{\"prompt_tokens\":27,\"completion_tokens\":3}";

    assertThat(charged(BackendKind.LLAMACPP, twoChoices(""), whole(two, usage)))
        .isEqualTo(new TokenUsage(27, 5).by(UsageSource.TOKENIZER));
    assertThat(charged(BackendKind.VLLM, twoChoices(""), whole(two, usage)))
        .isEqualTo(new TokenUsage(27, 3).by(UsageSource.UPSTREAM));
  }

  @Test
  void ofSeveralPromptsOfLlamaServerIsCountedWithAllOfThem() {
    ChatCall call =
        Calls.to(
            Endpoint.COMPLETIONS, "\"prompt\":[\"Hello\",\"you there\"]", OutputBounds.NONE, 2);
    String choices = "{\"index\":0,\"text\":\" one\"},{\"index\":1,\"text\":\" two three\"}";

    assertThat(
            charged(
                BackendKind.LLAMACPP,
                call,
                whole(choices, ",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}")))
        .isEqualTo(new TokenUsage(3, 3).by(UsageSource.TOKENIZER));
  }

  @Test
  void ofSeveralChoicesOfLlamaServerIsAddedUpWhenStreamed() {
    String usage = "{\"prompt_tokens\":27,\"completion_tokens\":4}";
    String events =
        said(0, "x") + said(1, "y") + FINISH + FINISH.replace("\"index\":0", "\"index\":1");

    assertThat(
            charged(
                BackendKind.LLAMACPP,
                twoChoices(",\"stream\":true"),
                stream(events + told(usage) + told(usage) + DONE)))
        .isEqualTo(new TokenUsage(27, 8).by(UsageSource.UPSTREAM));
  }

  @Test
  void ofEmbeddingsIsWhatIsReadAndNothingMore() {
    String vectors = "{\"object\":\"list\",\"data\":[{\"embedding\":[1]}]";

    assertThat(
            charged(
                BackendKind.VLLM,
                Calls.to(Endpoint.EMBEDDINGS, "\"input\":\"Hello you\""),
                json(vectors + ",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}")))
        .isEqualTo(new TokenUsage(8, 0).by(UsageSource.UPSTREAM));
    assertThat(
            charged(
                BackendKind.VLLM,
                Calls.to(Endpoint.EMBEDDINGS, "\"input\":[\"Hello you\",[1,2,3]]"),
                json(vectors + "}")))
        .isEqualTo(new TokenUsage(5, 0).by(UsageSource.TOKENIZER));
  }

  @Test
  void ofAPromptThatIsNotAllTextTakesTheEstimateForTheRest() {
    ChatCall call =
        Calls.to(
            Endpoint.CHAT_COMPLETIONS,
            "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hello you\"},"
                + "{\"image_url\":{\"url\":\"https://example.org/cat.png\"},\"type\":\"image_url\"}]}]");

    assertThat(charged(BackendKind.VLLM, call, whole(message(0, "Hi"), "")))
        .isEqualTo(new TokenUsage(1009, 1).by(UsageSource.TOKENIZER));
  }

  @Test
  void ofAStreamThatBrokeOffIsWhatPassed() {
    String begun = EVENT_STREAM + chunk(said(0, "one two three"));

    assertThat(charged(BackendKind.VLLM, chat(",\"stream\":true"), begun))
        .isEqualTo(new TokenUsage(9, 3).by(UsageSource.RUNNING_COUNT));
  }

  @Test
  void ofAStreamThatBrokeOffIsWhatTheBackendToldIfThatIsAsMuch() {
    String counting =
        said(0, "one two")
            .replace("}]}", "}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":%d}}");

    assertThat(
            charged(
                BackendKind.VLLM,
                chat(",\"stream\":true"),
                EVENT_STREAM + chunk(counting.formatted(2))))
        .isEqualTo(new TokenUsage(7, 2).by(UsageSource.UPSTREAM));
    assertThat(
            charged(
                BackendKind.VLLM,
                chat(",\"stream\":true"),
                EVENT_STREAM + chunk(counting.formatted(1))))
        .isEqualTo(new TokenUsage(7, 2).by(UsageSource.RUNNING_COUNT));
  }

  @Test
  void isNothingBeforeTheFirstEvent() {
    assertThat(
            charged(BackendKind.VLLM, chat(",\"stream\":true"), EVENT_STREAM + chunk(": ping\n\n")))
        .isEqualTo(Metered.NOTHING);
  }

  @Test
  void isBoundedHoweverMuchIsClaimed() {
    String usage =
        "{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":9223372036854775807}";

    assertThat(
            charged(
                BackendKind.VLLM,
                chat(",\"stream\":true"),
                stream(said(0, "x") + FINISH + told(usage) + told(usage) + DONE)))
        .isEqualTo(new TokenUsage(TokenUsage.MOST, TokenUsage.MOST).by(UsageSource.UPSTREAM));
  }

  @Test
  void ofOllamaIsEstimatedWhereItTellsZerosOrNothing() {
    String answer = "{\"message\":{\"content\":\"one two three\"},\"done\":true";

    assertThat(charged(BackendKind.OLLAMA, chat(""), json(answer + ",\"prompt_eval_count\":0}")))
        .isEqualTo(new TokenUsage(9, 3).by(UsageSource.ESTIMATE));
    assertThat(charged(BackendKind.OLLAMA, chat(""), json(answer + ",\"eval_count\":4}")))
        .isEqualTo(new TokenUsage(9, 4).by(UsageSource.ESTIMATE));
    assertThat(
            charged(
                BackendKind.OLLAMA,
                chat(""),
                json(answer + ",\"prompt_eval_count\":6,\"eval_count\":4}")))
        .isEqualTo(new TokenUsage(6, 4).by(UsageSource.UPSTREAM));
  }
}
