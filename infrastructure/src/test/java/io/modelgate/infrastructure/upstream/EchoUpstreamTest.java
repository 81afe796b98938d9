package io.modelgate.infrastructure.upstream;

import static io.modelgate.testing.Samples.bounds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EchoUpstreamTest {
  private static final JsonMapper JACKSON = new JsonMapper();
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000, 999);
  private static final Destination ROUTE =
      Destination.first(
          new ModelRoute(
              new ModelId("mdl_echo"),
              new ModelName("echo"),
              List.of(new Target(BackendKind.ECHO, null, null, null)),
              List.of(),
              null,
              null,
              null,
              true,
              NOW,
              NOW));
  private static final String HELLO =
      "{'model':'echo','messages':[{'role':'system','content':'Be kind.'},{'role':'user','content':"
          + "'Hello you!'}]}";

  private final EchoUpstream echo = new EchoUpstream(Duration.ZERO, InstantSource.fixed(NOW));
  private final MemorySink sink = new MemorySink();

  @Test
  void answersAChatWhole() throws JsonProcessingException {
    Delivery delivery = echo.send(ROUTE, chat(HELLO), GivenBudget.endless(), sink);

    assertThat(sink.head()).isEqualTo(new ReplyHead(200, "application/json", Duration.ZERO));
    assertThat(sink.writes()).as("the whole body is the end").isEmpty();
    assertThat(sink.isEnded()).isFalse();
    var complete = complete(delivery);
    assertThat(complete.usage().tokens()).isEqualTo(new TokenUsage(4, 13));
    assertThat(json(complete.end()))
        .isEqualTo(
            json(
                """
                {"id":"chatcmpl-req-1","object":"chat.completion","created":1700000000,
                 "model":"echo",
                 "choices":[{"index":0,"message":{"role":"assistant",
                   "content":"This is ModelGate's built-in echo; no model was called. You said: Hello you!",
                   "refusal":null},"logprobs":null,"finish_reason":"stop"}],
                 "usage":{"prompt_tokens":4,"completion_tokens":13,"total_tokens":17}}"""));
  }

  @Test
  void streamsAChatWordByWordAndHoldsTheEnd() throws JsonProcessingException {
    Delivery delivery =
        echo.send(ROUTE, aChat(HELLO).streamed().askingUsage().call(), GivenBudget.endless(), sink);

    assertThat(sink.head()).isEqualTo(new ReplyHead(200, "text/event-stream", Duration.ZERO));
    assertThat(sink.isEnded()).isFalse();
    assertThat(complete(delivery).end()).asString().isEqualTo("data: [DONE]\n\n");
    assertThat(complete(delivery).usage().tokens()).isEqualTo(new TokenUsage(4, 13));
    List<JsonNode> events = events();
    assertThat(events).hasSize(1 + 13 + 1 + 1);
    String frame =
        "'id':'chatcmpl-req-1','object':'chat.completion.chunk','created':1700000000,'model':'echo'";
    assertThat(events.getFirst())
        .isEqualTo(
            json(
                quoted(
                    "{%s,'choices':[{'index':0,'delta':{'role':'assistant','content':'','refusal':null},'logprobs':null,'finish_reason':null}]}",
                    frame)));
    assertThat(events.get(2))
        .isEqualTo(
            json(
                quoted(
                    "{%s,'choices':[{'index':0,'delta':{'content':' is'},'logprobs':null,'finish_reason':null}]}",
                    frame)));
    assertThat(events.get(14))
        .isEqualTo(
            json(
                quoted(
                    "{%s,'choices':[{'index':0,'delta':{},'logprobs':null,'finish_reason':'stop'}]}",
                    frame)));
    assertThat(events.getLast())
        .isEqualTo(
            json(
                quoted(
                    "{%s,'choices':[],'usage':{'prompt_tokens':4,'completion_tokens':13,'total_tokens':17}}",
                    frame)));
    assertThat(contents(events, 0))
        .isEqualTo("This is ModelGate's built-in echo; no model was called. You said: Hello you!");
  }

  @Test
  void endsAllChoicesWhereTheBudgetOfAStreamEnds() throws JsonProcessingException {
    ChatCall call = aChat(HELLO).streamed().askingUsage().within(bounds(null, null, 2L)).call();

    Delivery delivery = echo.send(ROUTE, call, GivenBudget.of(5), sink);

    assertThat(delivery).isInstanceOf(Delivery.CutShort.class);
    var cut = (Delivery.CutShort) delivery;
    assertThat(cut.end()).asString().isEqualTo("data: [DONE]\n\n");
    assertThat(cut.usage()).isEqualTo(new TokenUsage(4, 5).by(UsageSource.RUNNING_COUNT));
    List<JsonNode> events = events();
    assertThat(events).hasSize(2 + 5 + 2 + 1);
    assertThat(contents(events, 0)).isEqualTo("This is ModelGate's");
    assertThat(contents(events, 1)).isEqualTo("This is");
    assertThat(events.subList(7, 9))
        .extracting(
            event -> event.at("/choices/0/index").asInt(),
            event -> event.at("/choices/0/finish_reason").asText())
        .containsExactly(tuple(0, "length"), tuple(1, "length"));
    assertThat(events.getLast().at("/usage/total_tokens").asInt()).isEqualTo(9);
  }

  @Test
  void keepsToTheCapOfItsBudget() {
    Delivery delivery = echo.send(ROUTE, chat(HELLO), GivenBudget.endless().capped(3), sink);

    assertThat(complete(delivery).usage().tokens()).isEqualTo(new TokenUsage(4, 3));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "none, none, none, 1, none",
        "7, none, 3, 3, 7",
        "7, 5, none, 1, 5",
        "0, none, none, 1, 0",
        "-1, none, none, 1, 0", // will be refused
        "9223372036854775807, none, -4, 1, 9223372036854775807",
      })
  void isExpectedToKeepToTheSmallerBound(
      @Nullable Long maxTokens,
      @Nullable Long maxCompletionTokens,
      @Nullable Long n,
      long sequences,
      @Nullable Long bound) {
    assertThat(echo.demand(ROUTE, bounded(maxTokens, maxCompletionTokens, n)))
        .isEqualTo(new OutputDemand(sequences, bound));
  }

  @Test
  void sendsEachEventByItself() {
    echo.send(ROUTE, aChat(HELLO).streamed().call(), GivenBudget.endless(), sink);

    assertThat(sink.writes())
        .allSatisfy(write -> assertThat(write).asString().startsWith("data: {").endsWith("}\n\n"));
  }

  @Test
  void keepsUsageToItselfWhenTheClientDidNotAsk() throws JsonProcessingException {
    Delivery delivery =
        echo.send(ROUTE, aChat(HELLO).streamed().call(), GivenBudget.endless(), sink);

    assertThat(events()).hasSize(1 + 13 + 1).noneMatch(event -> event.has("usage"));
    assertThat(complete(delivery).usage().tokens()).isEqualTo(new TokenUsage(4, 13));
  }

  @Test
  void answersALegacyCompletionWhole() throws JsonProcessingException {
    Delivery delivery =
        echo.send(ROUTE, aPrompt("{'prompt':'Once upon'}").call(), GivenBudget.endless(), sink);

    assertThat(json(complete(delivery).end()))
        .isEqualTo(
            json(
                """
                {"id":"cmpl-req-1","object":"text_completion","created":1700000000,"model":"echo",
                 "choices":[{"index":0,
                   "text":"This is ModelGate's built-in echo; no model was called. You said: Once upon",
                   "logprobs":null,"finish_reason":"stop"}],
                 "usage":{"prompt_tokens":2,"completion_tokens":13,"total_tokens":15}}"""));
  }

  @Test
  void streamsALegacyCompletion() throws JsonProcessingException {
    Delivery delivery =
        echo.send(
            ROUTE,
            aPrompt("{'prompt':'Once upon'}").streamed().askingUsage().call(),
            GivenBudget.endless(),
            sink);

    String frame =
        "'id':'cmpl-req-1','object':'text_completion','created':1700000000,'model':'echo'";
    List<JsonNode> events = events();
    assertThat(events).hasSize(13 + 1 + 1);
    assertThat(events.get(1))
        .isEqualTo(
            json(
                quoted(
                    "{%s,'choices':[{'index':0,'text':' is','logprobs':null,'finish_reason':null}]}",
                    frame)));
    assertThat(events.get(13))
        .isEqualTo(
            json(
                quoted(
                    "{%s,'choices':[{'index':0,'text':'','logprobs':null,'finish_reason':'stop'}]}",
                    frame)));
    assertThat(events.getLast())
        .isEqualTo(
            json(
                quoted(
                    "{%s,'choices':[],'usage':{'prompt_tokens':2,'completion_tokens':13,'total_tokens':15}}",
                    frame)));
    assertThat(complete(delivery).end()).asString().isEqualTo("data: [DONE]\n\n");
  }

  @Test
  void stopsAtTheTokensAllowedAndSaysSo() throws JsonProcessingException {
    var bounds = bounds(5L, 3L, 2L);

    Delivery whole =
        echo.send(ROUTE, aChat(HELLO).within(bounds).call(), GivenBudget.endless(), sink);
    var streamedTo = new MemorySink();
    Delivery streamed =
        echo.send(
            ROUTE,
            aChat(HELLO).within(bounds).streamed().call(),
            GivenBudget.endless(),
            streamedTo);

    JsonNode choices = json(complete(whole).end()).path("choices");
    assertThat(choices).hasSize(2);
    for (JsonNode choice : choices) {
      assertThat(choice.at("/message/content").textValue()).isEqualTo("This is ModelGate's");
      assertThat(choice.path("finish_reason").textValue()).isEqualTo("length");
    }
    assertThat(choices.get(1).path("index").intValue()).isEqualTo(1);
    assertThat(complete(whole).usage().tokens()).isEqualTo(new TokenUsage(4, 6));
    List<JsonNode> events = events(streamedTo);
    assertThat(events).hasSize(2 * (1 + 3 + 1));
    assertThat(contents(events, 0)).isEqualTo("This is ModelGate's");
    assertThat(contents(events, 1)).isEqualTo("This is ModelGate's");
    assertThat(events.getLast().at("/choices/0/finish_reason").textValue()).isEqualTo("length");
    assertThat(complete(streamed).usage().tokens()).isEqualTo(new TokenUsage(4, 6));
  }

  @Test
  void saysNothingWhenNoTokenIsAllowed() throws JsonProcessingException {
    Delivery delivery =
        echo.send(
            ROUTE, aChat(HELLO).within(bounds(0L, null, null)).call(), GivenBudget.endless(), sink);

    JsonNode choice = json(complete(delivery).end()).path("choices").get(0);
    assertThat(choice.at("/message/content").textValue()).isEmpty();
    assertThat(choice.path("finish_reason").textValue()).isEqualTo("length");
    assertThat(complete(delivery).usage().tokens()).isEqualTo(new TokenUsage(4, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[{'role':'user','content':'one'},{'role':'assistant','content':'two'},"
            + "{'role':'user','content':'three four'},{'role':'tool','content':'five'}]"
            + "|You said: three four|5",
        "[{'content':[{'type':'text','text':'a b'},{'type':'image_url','image_url':{'url':'data:x"
            + " y'}},{'text':'c','type':'text'}],'role':'user'}]|You said: a b~c|3",
        "[{'role':'user','content':'  \\t '}]|You said nothing.|0",
        "[{'role':'assistant','content':null,'tool_calls':[{}]}]|You said nothing.|0",
        "[{'role':'user','content':'caf\\u00e9 \\ud83d\\ude00'}]|You said: café 😀|2"
      })
  void saysBackWhatTheUserSaidLastAndCountsAll(String messages, String said, long promptTokens)
      throws JsonProcessingException {
    Delivery delivery =
        echo.send(ROUTE, chat("{'messages':" + messages + "}"), GivenBudget.endless(), sink);

    assertThat(json(complete(delivery).end()).at("/choices/0/message/content").textValue())
        .isEqualTo(
            "This is ModelGate's built-in echo; no model was called. " + said.replace('~', '\n'));
    assertThat(complete(delivery).usage().tokens().prompt()).isEqualTo(promptTokens);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'a b c'|You said: a b c|3",
        "['a b','c']|You said: a b; You said: c|3",
        "[1,2,3.0]|You said: (3 token ids)|3",
        "[[1,2],[3],[]]|You said: (2 token ids); You said: (1 token ids); You said nothing.|3",
        "''|You said nothing.|0"
      })
  void takesPromptsInEveryShape(String prompt, String said, long promptTokens)
      throws JsonProcessingException {
    Delivery delivery =
        echo.send(ROUTE, aPrompt("{'prompt':" + prompt + "}").call(), GivenBudget.endless(), sink);

    var texts = new ArrayList<String>();
    for (JsonNode choice : json(complete(delivery).end()).path("choices")) {
      texts.add(
          choice
              .path("text")
              .textValue()
              .replace("This is ModelGate's built-in echo; no model was called. ", ""));
    }
    assertThat(String.join("; ", texts)).isEqualTo(said);
    assertThat(complete(delivery).usage().tokens().prompt()).isEqualTo(promptTokens);
  }

  @Test
  void givesEachPromptItsChoices() throws JsonProcessingException {
    ChatCall call = aPrompt("{'prompt':['a','b']}").within(bounds(null, null, 2L)).call();

    JsonNode choices =
        json(complete(echo.send(ROUTE, call, GivenBudget.endless(), sink)).end()).path("choices");

    assertThat(choices.findValuesAsText("text"))
        .extracting(text -> text.substring(text.length() - 1))
        .containsExactly("a", "a", "b", "b");
    assertThat(choices.findValuesAsText("index")).containsExactly("0", "1", "2", "3");
  }

  @Test
  void saysBackOnlyTheBeginningOfALongTextWithoutCuttingACharacter()
      throws JsonProcessingException {
    String said = "x" + "😀".repeat(20_000);
    ChatCall call = chat("{'messages':[{'role':'user','content':'" + said + "'}]}");

    String content =
        json(complete(echo.send(ROUTE, call, GivenBudget.endless(), sink)).end())
            .at("/choices/0/message/content")
            .textValue();

    assertThat(content).endsWith("You said: x" + "😀".repeat(8191) + "…");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "CHAT_COMPLETIONS|{}|messages|'messages' is missing or empty; put at least one in",
        "CHAT_COMPLETIONS|{'messages':[]}|messages|'messages' is missing or empty; put at least"
            + " one in",
        "CHAT_COMPLETIONS|{'messages':'hi'}|messages|'messages' cannot be read: expected an array"
            + " at byte 12",
        "CHAT_COMPLETIONS|{'messages':null}|messages|'messages' cannot be read: expected an array"
            + " at byte 12",
        "CHAT_COMPLETIONS|{'messages':['hi']}|messages|'messages' cannot be read: expected an"
            + " object at byte 13",
        "CHAT_COMPLETIONS|{'messages':[{'role':'user','content':1}]}|messages|'messages' cannot be"
            + " read: expected a string at byte 38",
        "COMPLETIONS|{'messages':[]}|prompt|'prompt' is missing or empty; put at least one in",
        "COMPLETIONS|{'prompt':[]}|prompt|'prompt' is missing or empty; put at least one in",
        "COMPLETIONS|{'prompt':{}}|prompt|'prompt' cannot be read: expected a string at byte 10",
        "COMPLETIONS|{'prompt':[1,'a']}|prompt|'prompt' cannot be read: expected a number at byte"
            + " 13",
        "COMPLETIONS|{'prompt':['a',1]}|prompt|'prompt' cannot be read: expected a string at byte"
            + " 15",
        "COMPLETIONS|{'prompt':['','','','','','','','','','','','','','','','','']}|prompt"
            + "|'prompt' holds 17 prompts; the echo takes 1 to 16"
      })
  void rejectsWhatItCannotReadAndLeavesTheSinkAlone(
      Endpoint endpoint, String body, String param, String message) {
    Delivery delivery =
        echo.send(ROUTE, new Asking(endpoint, body).call(), GivenBudget.endless(), sink);

    assertThat(delivery).isEqualTo(rejected(message, param));
    assertThat(sink.head()).isNull();
  }

  @Test
  void rejectsBoundsOutOfRange() {
    assertThat(
            List.of(
                echo.send(ROUTE, bounded(null, null, 17L), GivenBudget.endless(), sink),
                echo.send(ROUTE, bounded(null, null, 0L), GivenBudget.endless(), sink),
                echo.send(ROUTE, bounded(-1L, null, null), GivenBudget.endless(), sink),
                echo.send(ROUTE, bounded(null, Long.MIN_VALUE, null), GivenBudget.endless(), sink)))
        .containsExactly(
            rejected("'n' must be 1 to 16 for the echo, but is 17", "n"),
            rejected("'n' must be 1 to 16 for the echo, but is 0", "n"),
            rejected("'max_tokens' must be 0 or more, but is -1", "max_tokens"),
            rejected(
                "'max_completion_tokens' must be 0 or more, but is -9223372036854775808",
                "max_completion_tokens"));
    assertThat(sink.head()).isNull();
  }

  @Test
  void stopsWhenTheClientHangsUpAndCountsWhatWasSent() {
    var leaving = MemorySink.hangingUpAfter(1 + 3);

    Delivery delivery =
        echo.send(ROUTE, aChat(HELLO).streamed().call(), GivenBudget.endless(), leaving);

    assertThat(delivery)
        .isEqualTo(new Delivery.Abandoned(new TokenUsage(4, 3).by(UsageSource.RUNNING_COUNT)));
    assertThat(leaving.writes()).hasSize(4);
  }

  @Test
  void saysTheSameToTheSame() {
    var again = new MemorySink();

    echo.send(ROUTE, aChat(HELLO).streamed().askingUsage().call(), GivenBudget.endless(), sink);
    echo.send(ROUTE, aChat(HELLO).streamed().askingUsage().call(), GivenBudget.endless(), again);

    assertThat(again.bytes()).isEqualTo(sink.bytes()).isNotEmpty();
  }

  @Test
  void takesItsTimeBetweenWords() {
    var slow = new EchoUpstream(Duration.ofMillis(2), InstantSource.fixed(NOW));
    long started = System.nanoTime();

    slow.send(ROUTE, aChat(HELLO).streamed().call(), GivenBudget.endless(), sink);

    // 12 pauses; a park may end early, so not all of them are insisted on
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThan(Duration.ofMillis(10));
  }

  @Test
  void doesNotWaitOnAnInterruptedThread() {
    var glacial = new EchoUpstream(Duration.ofDays(1), InstantSource.fixed(NOW));

    Thread.currentThread().interrupt();
    Delivery delivery =
        glacial.send(ROUTE, aChat(HELLO).streamed().call(), GivenBudget.endless(), sink);

    assertThat(Thread.interrupted()).as("still marked").isTrue();
    assertThat(complete(delivery).usage().tokens()).isEqualTo(new TokenUsage(4, 13));
  }

  @Test
  void needsASanePace() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EchoUpstream(Duration.ofMillis(-1), InstantSource.system()));
  }

  private static Delivery rejected(String message, String param) {
    return new Delivery.NoReply(
        new UpstreamFailure.Rejected(
            400, new UpstreamError(message, "invalid_request_error", param, null), null));
  }

  private static Delivery.Complete complete(Delivery delivery) {
    assertThat(delivery).isInstanceOf(Delivery.Complete.class);
    return (Delivery.Complete) delivery;
  }

  private List<JsonNode> events() throws JsonProcessingException {
    return events(sink);
  }

  private static List<JsonNode> events(MemorySink from) throws JsonProcessingException {
    var events = new ArrayList<JsonNode>();
    for (byte[] write : from.writes()) {
      String event = new String(write, StandardCharsets.UTF_8);
      events.add(json(event.substring("data: ".length())));
    }
    return events;
  }

  private static String contents(List<JsonNode> events, int index) {
    var text = new StringBuilder();
    for (JsonNode event : events) {
      JsonNode choice = event.path("choices").path(0);
      if (choice.path("index").asInt(-1) == index) {
        text.append(choice.at("/delta/content").asText(""));
      }
    }
    return text.toString();
  }

  private static JsonNode json(byte[] text) throws JsonProcessingException {
    return json(new String(text, StandardCharsets.UTF_8));
  }

  private static JsonNode json(String text) throws JsonProcessingException {
    return JACKSON.readTree(text);
  }

  private static String quoted(String format, String frame) {
    return format.formatted(frame).replace('\'', '"');
  }

  private static ChatCall bounded(
      @Nullable Long maxTokens, @Nullable Long maxCompletionTokens, @Nullable Long choices) {
    return aChat(HELLO).within(bounds(maxTokens, maxCompletionTokens, choices)).call();
  }

  private static ChatCall chat(String body) {
    return aChat(body).call();
  }

  private static Asking aChat(String body) {
    return new Asking(Endpoint.CHAT_COMPLETIONS, body);
  }

  private static Asking aPrompt(String body) {
    return new Asking(Endpoint.COMPLETIONS, body);
  }

  /**
   * A call in the making.
   *
   * @param body with single quotes for double ones
   */
  private record Asking(
      Endpoint endpoint, String body, boolean stream, boolean usageAsked, OutputBounds bounds) {
    Asking(Endpoint endpoint, String body) {
      this(endpoint, body, false, false, OutputBounds.NONE);
    }

    Asking streamed() {
      return new Asking(endpoint, body, true, usageAsked, bounds);
    }

    Asking askingUsage() {
      return new Asking(endpoint, body, stream, true, bounds);
    }

    Asking within(OutputBounds newBounds) {
      return new Asking(endpoint, body, stream, usageAsked, newBounds);
    }

    ChatCall call() {
      byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
      return new ChatCall(
          "req-1",
          endpoint,
          new RequestBody(
              bytes,
              "echo",
              new Span(0, 0),
              stream,
              usageAsked,
              null,
              bounds,
              1,
              RequestBody.Prompt.EMPTY),
          Map.of());
    }
  }
}
