package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.Replies.DONE;
import static io.modelgate.infrastructure.upstream.Replies.END_OF_CHUNKS;
import static io.modelgate.infrastructure.upstream.Replies.EVENT_STREAM;
import static io.modelgate.infrastructure.upstream.Replies.chunk;
import static io.modelgate.infrastructure.upstream.Replies.event;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.Upstream.Delivery.Abandoned;
import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.CutShort;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams that would go over their budget, ended as their backend would have ended them. */
@Timeout(60)
class CutStreamsTest {
  private static final String HEAD =
      "\"id\":\"chatcmpl-7\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"big\",";

  private final ScriptedBackend backend = ScriptedBackend.start();
  private final MemorySink sink = new MemorySink();
  private final Upstreams upstreams = open();

  private static Upstreams open() {
    Map<BackendKind, UpstreamSettings.Adapter> adapters = new EnumMap<>(BackendKind.class);
    for (BackendKind kind : BackendKind.values()) {
      adapters.put(kind, new UpstreamSettings.Adapter(null, null, StreamUsage.ASK));
    }
    return Upstreams.open(
        new UpstreamSettings(
            Duration.ofSeconds(20), Duration.ofSeconds(5), 1024 * 1024, adapters, null),
        InstantSource.fixed(Instant.ofEpochSecond(1_700_000_000)));
  }

  @AfterEach
  void stop() throws IOException {
    upstreams.close();
    backend.close();
  }

  private Delivery ask(ChatCall call, OutputBudget budget) {
    Destination route = Calls.routeTo(BackendKind.VLLM, "tiny", backend.baseUrl());
    return upstreams.send(route, call, budget, sink);
  }

  private static ChatCall chat(String more) {
    return Calls.to(Endpoint.CHAT_COMPLETIONS, "\"messages\":[],\"stream\":true" + more);
  }

  private static String delta(int index, String delta) {
    return choice("{\"index\":" + index + ",\"delta\":" + delta + ",\"finish_reason\":null}");
  }

  private static String said(int index, String text) {
    return delta(index, "{\"content\":\"" + text + "\"}");
  }

  private static String choice(String choice) {
    return event("{" + HEAD + "\"choices\":[" + choice + "]}");
  }

  private static String finish(int index) {
    return choice(
        "{\"index\":" + index + ",\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}");
  }

  private static Metered counted(long completion) {
    return new TokenUsage(9, completion).by(UsageSource.RUNNING_COUNT);
  }

  private static String endOf(Delivery delivery, long completion) {
    assertThat(delivery).isInstanceOf(CutShort.class);
    assertThat(((CutShort) delivery).usage()).isEqualTo(counted(completion));
    return new String(((CutShort) delivery).end(), UTF_8);
  }

  @Test
  void endWithoutTheEventThatWouldGoOverAndTheBackendIsHungUpOn() {
    backend.onRequest(
        send(EVENT_STREAM + chunk(said(0, "one two") + said(0, " three four"))), backend.silence());

    var delivery = ask(chat(""), GivenBudget.of(3));

    assertThat(endOf(delivery, 2)).isEqualTo(finish(0) + DONE);
    assertThat(sink.text()).isEqualTo(said(0, "one two"));
    backend.awaitHangUp();
  }

  @Test
  void mayUseAllOfTheirBudget() {
    backend.onRequest(
        send(EVENT_STREAM + chunk(said(0, "one two") + said(0, " three") + said(0, " four"))),
        backend.silence());

    var delivery = ask(chat(""), GivenBudget.of(3));

    assertThat(endOf(delivery, 3)).isEqualTo(finish(0) + DONE);
    assertThat(sink.text()).isEqualTo(said(0, "one two") + said(0, " three"));
  }

  @Test
  void areWholeWhenTheyEndRightAtTheirBudget() {
    String stop = choice("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}");
    backend.onRequest(
        send(EVENT_STREAM + chunk(said(0, "one two three") + stop + DONE) + END_OF_CHUNKS));

    assertThat(ask(chat(""), GivenBudget.of(3))).isInstanceOf(Complete.class);
    assertThat(sink.text()).isEqualTo(said(0, "one two three") + stop);
  }

  @Test
  void endEveryChoiceThatIsOpenAndNoOther() {
    String stop = choice("{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}");
    String before = said(0, "one") + said(1, "one") + said(2, "one") + stop;
    backend.onRequest(
        send(EVENT_STREAM + chunk(before + said(2, " two") + said(0, " two"))), backend.silence());

    var delivery = ask(chat(",\"n\":3"), GivenBudget.of(4));

    assertThat(endOf(delivery, 4)).isEqualTo(finish(0) + finish(2) + DONE);
    assertThat(sink.text()).isEqualTo(before + said(2, " two"));
  }

  @Test
  void finishAChoiceWhoseLastWordsWereTooMany() {
    String last =
        choice("{\"index\":0,\"delta\":{\"content\":\" two three\"},\"finish_reason\":\"stop\"}");
    backend.onRequest(send(EVENT_STREAM + chunk(said(0, "one") + last + DONE) + END_OF_CHUNKS));

    var delivery = ask(chat(""), GivenBudget.of(2));

    assertThat(endOf(delivery, 1)).isEqualTo(finish(0) + DONE);
    assertThat(sink.text()).isEqualTo(said(0, "one"));
  }

  @Test
  void mayEndAtTheirVeryFirstEvent() {
    backend.onRequest(send(EVENT_STREAM + chunk(said(0, "one two"))), backend.silence());

    var delivery = ask(chat(""), GivenBudget.of(1));

    assertThat(endOf(delivery, 0)).isEqualTo(finish(0) + DONE);
    assertThat(sink.head()).as("open, for its end").isNotNull();
    assertThat(sink.text()).isEmpty();
    backend.awaitHangUp();
  }

  @Test
  void tellUsageToAClientThatAsked() {
    backend.onRequest(
        send(EVENT_STREAM + chunk(said(0, "one two") + said(0, " three"))), backend.silence());

    var delivery = ask(chat(",\"stream_options\":{\"include_usage\":true}"), GivenBudget.of(2));

    assertThat(endOf(delivery, 2))
        .isEqualTo(
            finish(0)
                + event(
                    "{"
                        + HEAD
                        + "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}")
                + DONE);
  }

  @Test
  void callAnAliasByTheClientsNameForIt() {
    backend.onRequest(
        send(EVENT_STREAM + chunk(said(0, "one") + said(0, " two"))), backend.silence());
    Destination route = Calls.routeTo(BackendKind.VLLM, "big", backend.baseUrl());

    var delivery = upstreams.send(route, chat(""), GivenBudget.of(1), sink);

    assertThat(sink.text() + endOf(delivery, 1))
        .isEqualTo((said(0, "one") + finish(0)).replace("\"big\"", "\"tiny\"") + DONE);
  }

  @Test
  void haveANameOfTheirOwnWhereTheBackendGaveThemNone() {
    String bare = event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}}]}");
    backend.onRequest(send(EVENT_STREAM + chunk(bare + bare)), backend.silence());

    var delivery = ask(chat(""), GivenBudget.of(1));

    assertThat(endOf(delivery, 1))
        .isEqualTo(
            event(
                    "{\"id\":\"req-1\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"tiny\","
                        + "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}]}")
                + DONE);
  }

  @Test
  void ofCompletionsEndInTheirOwnShape() {
    String head =
        "\"id\":\"cmpl-7\",\"object\":\"text_completion\",\"created\":1700000000,\"model\":\"tiny\",";
    String once =
        event(
            "{"
                + head
                + "\"choices\":[{\"index\":0,\"text\":\"once\",\"logprobs\":null,\"finish_reason\":null}]}");
    backend.onRequest(
        send(EVENT_STREAM + chunk(once + once.replace("once", " upon a"))), backend.silence());

    var delivery =
        ask(Calls.to(Endpoint.COMPLETIONS, "\"prompt\":\"x\",\"stream\":true"), GivenBudget.of(1));

    assertThat(endOf(delivery, 1))
        .isEqualTo(
            once.replace("\"once\"", "\"\"")
                    .replace("\"finish_reason\":null", "\"finish_reason\":\"length\"")
                + DONE);
  }

  @Test
  void countThinkingRefusalsAndCallsAndMayLeaveArgumentsInPart() {
    String thinking = delta(0, "{\"reasoning_content\":\"one\",\"reasoning\":\"one\"}");
    String call =
        delta(
            0, "{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}");
    String arguments =
        delta(0, "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\" a b c\"}}]}");
    backend.onRequest(
        send(EVENT_STREAM + chunk(thinking + call + arguments + arguments)), backend.silence());

    var delivery = ask(chat(""), GivenBudget.of(6));

    assertThat(sink.text()).isEqualTo(thinking + call + arguments);
    assertThat(endOf(delivery, 5)).isEqualTo(finish(0) + DONE);
  }

  @Test
  void takeNoNoticeOfHowManyEventsThereAre() {
    String nothing = delta(0, "{\"role\":\"assistant\",\"content\":\"\"}");
    String end = choice("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}") + DONE;
    backend.onRequest(
        send(EVENT_STREAM + chunk(nothing.repeat(100) + said(0, "one") + end) + END_OF_CHUNKS));

    assertThat(ask(chat(""), GivenBudget.of(1))).isInstanceOf(Complete.class);
  }

  @Test
  void whoseClientIsGoneWhenTheyAreCutAreAbandoned() {
    backend.onRequest(
        send(EVENT_STREAM + chunk(said(0, "one") + said(0, " two"))), backend.silence());
    Destination route = Calls.routeTo(BackendKind.VLLM, "tiny", backend.baseUrl());

    var delivery = upstreams.send(route, chat(""), GivenBudget.of(1), MemorySink.hangingUpAfter(0));

    assertThat(delivery).isEqualTo(new Abandoned(counted(1)));
  }

  @ParameterizedTest
  @EnumSource(
      value = BackendKind.class,
      names = {"VLLM", "OPENAI", "LLAMACPP", "API3"})
  void areCutAtAnyBackendThatGoesOnAndTheBoundWasInTheRequest(BackendKind kind) {
    backend.onRequest(
        send(EVENT_STREAM), backend.drip(chunk(said(0, " the")), Duration.ofMillis(1), 5_000));

    var delivery =
        upstreams.send(
            Calls.routeTo(kind, "tiny", backend.baseUrl()),
            chat(""),
            GivenBudget.of(7).capped(7),
            sink);

    assertThat(endOf(delivery, 7)).isEqualTo(finish(0) + DONE);
    assertThat(sink.text()).isEqualTo(said(0, " the").repeat(7));
    assertThat(backend.requests().getFirst().body())
        .contains(
            kind == BackendKind.OPENAI ? ",\"max_completion_tokens\":7," : ",\"max_tokens\":7,")
        .contains("\"stream_options\":{\"include_usage\":true},");
    backend.awaitHangUp();
  }
}
