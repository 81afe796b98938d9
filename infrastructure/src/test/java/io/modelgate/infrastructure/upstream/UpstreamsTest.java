package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.Replies.COMPLETION;
import static io.modelgate.infrastructure.upstream.Replies.DONE;
import static io.modelgate.infrastructure.upstream.Replies.END_OF_CHUNKS;
import static io.modelgate.infrastructure.upstream.Replies.EVENT_STREAM;
import static io.modelgate.infrastructure.upstream.Replies.FIRST;
import static io.modelgate.infrastructure.upstream.Replies.LAST;
import static io.modelgate.infrastructure.upstream.Replies.USAGE;
import static io.modelgate.infrastructure.upstream.Replies.chunk;
import static io.modelgate.infrastructure.upstream.Replies.event;
import static io.modelgate.infrastructure.upstream.Replies.json;
import static io.modelgate.infrastructure.upstream.Replies.reply;
import static io.modelgate.infrastructure.upstream.Replies.stream;
import static io.modelgate.testing.backend.ScriptedBackend.await;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.reset;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.Upstream.Delivery.Abandoned;
import io.modelgate.application.port.Upstream.Delivery.BrokenOff;
import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.CutShort;
import io.modelgate.application.port.Upstream.Delivery.NoReply;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.NotAuthorized;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.domain.chat.UpstreamFailure.Reported;
import io.modelgate.domain.chat.UpstreamFailure.TimedOut;
import io.modelgate.domain.chat.UpstreamFailure.Unanswered;
import io.modelgate.domain.chat.UpstreamFailure.Unintelligible;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.backend.ScriptedBackend.Step;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class UpstreamsTest {
  private static final TokenUsage TOLD = new TokenUsage(7, 2);
  private static final Duration SHORT = Duration.ofMillis(300);

  private final ScriptedBackend backend = ScriptedBackend.start();
  private final MemorySink sink = new MemorySink();
  private final Upstreams upstreams = open(StreamUsage.ASK);

  @AfterEach
  void stop() throws IOException {
    upstreams.close();
    backend.close();
  }

  /** What the gateway counted of a reply that did not come to its end. */
  private static Metered counted(long prompt, long completion) {
    return new TokenUsage(prompt, completion).by(UsageSource.RUNNING_COUNT);
  }

  private static Upstreams open(StreamUsage usage) {
    var adapter = new UpstreamSettings.Adapter(null, null, usage);
    return Upstreams.open(
        new UpstreamSettings(
            Duration.ofSeconds(20),
            Duration.ofSeconds(5),
            1024 * 1024,
            Map.of(BackendKind.VLLM, adapter),
            null),
        InstantSource.system());
  }

  private Delivery ask(ChatCall call) {
    return upstreams.send(Calls.routeTo(backend.baseUrl()), call, GivenBudget.endless(), sink);
  }

  private Delivery askImpatiently(ChatCall call) {
    return upstreams.send(
        Calls.withTimeout(SHORT, backend.baseUrl()), call, GivenBudget.endless(), sink);
  }

  private UpstreamFailure failureOf(Delivery delivery) {
    assertThat(delivery).isInstanceOf(NoReply.class);
    assertThat(sink.head()).as("the sink is untouched").isNull();
    return ((NoReply) delivery).failure();
  }

  private static String endOf(Delivery delivery) {
    assertThat(delivery).isInstanceOf(Complete.class);
    return new String(((Complete) delivery).end(), UTF_8);
  }

  @Nested
  class Requests {
    @Test
    void carryTheBodyAsItCameAndOnlyTheListedHeaders() {
      backend.onRequest(send(json(COMPLETION)));

      ask(Calls.whole());

      var request = backend.requests().getFirst();
      assertThat(request.body()).isEqualTo("{\"model\":\"tiny\",\"messages\":[]}");
      assertThat(request.head().lines())
          .containsExactly(
              "POST /v1/chat/completions HTTP/1.1",
              "Host: 127.0.0.1:" + backend.port(),
              "Content-Type: application/json",
              "Content-Length: 30",
              "Accept: application/json",
              "Accept-Encoding: identity",
              "User-Agent: modelgate/dev",
              "x-request-id: req-1",
              "");
    }

    @Test
    void showTheBackendItsOwnCredentialAndPassTraceContextOn() {
      backend.onRequest(send(json(COMPLETION)));
      var plain = Calls.whole();
      var call =
          new ChatCall(
              "req-2",
              Endpoint.COMPLETIONS,
              plain.body(),
              Map.of("accept", "*/*", "traceparent", "00-1-2-01", "tracestate", "a=b\r\nEvil: 1"));

      upstreams.send(
          Calls.withCredential("s3cret", backend.baseUrl()), call, GivenBudget.endless(), sink);

      assertThat(backend.requests().getFirst().head())
          .startsWith("POST /v1/completions HTTP/1.1\r\n")
          .contains("\r\nAccept: */*\r\n", "\r\ntraceparent: 00-1-2-01\r\n")
          .contains("\r\nAuthorization: Bearer s3cret\r\n")
          .doesNotContain("tracestate", "Evil");
    }

    @Test
    void nameTheModelAsTheBackendKnowsItAndAskForUsage() {
      backend.onRequest(send(stream(FIRST + LAST + USAGE + DONE)));

      upstreams.send(
          Calls.aliasOf("org/\"big\"", backend.baseUrl()),
          Calls.stream(),
          GivenBudget.endless(),
          sink);

      assertThat(backend.requests().getFirst().body())
          .isEqualTo(
              "{\"stream_options\":{\"include_usage\":true},"
                  + "\"model\":\"org/\\\"big\\\"\",\"stream\":true,\"messages\":[]}");
    }

    @Test
    void doNotAskForUsageWhereThatIsNotWanted() {
      backend.onRequest(send(stream(FIRST + LAST + DONE)));
      try (var never = open(StreamUsage.NEVER)) {
        never.send(Calls.routeTo(backend.baseUrl()), Calls.stream(), GivenBudget.endless(), sink);
      }

      assertThat(backend.requests().getFirst().body()).doesNotContain("stream_options");
    }

    @Test
    void goBelowTheBaseUrlsPath() {
      backend.onRequest(send(json(COMPLETION)));
      var below = BaseUrl.of("http://127.0.0.1:" + backend.port() + "/some/where/v1/");

      upstreams.send(Calls.routeTo(below), Calls.whole(), GivenBudget.endless(), sink);

      assertThat(backend.requests().getFirst().head())
          .startsWith("POST /some/where/v1/chat/completions HTTP/1.1\r\n");
    }

    @Test
    void ofAnySizeArriveWhole() {
      backend.onRequest(send(json(COMPLETION)));
      String body = "{\"model\":\"tiny\",\"messages\":[\"" + "é".repeat(2_000_000) + "\"]}";

      assertThat(ask(Calls.call(body, false, false))).isInstanceOf(Complete.class);

      assertThat(backend.requests().getFirst().body()).isEqualTo(body);
    }
  }

  @Nested
  class WholeReplies {
    @Test
    void areHeldByteForByte() {
      backend.onRequest(send(json(COMPLETION)));

      var delivery = ask(Calls.whole());

      assertThat(endOf(delivery)).isEqualTo(COMPLETION);
      assertThat(((Complete) delivery).usage().tokens()).isEqualTo(TOLD);
      assertThat(sink.head())
          .isNotNull()
          .returns(200, ReplyHead::status)
          .returns("application/json", ReplyHead::contentType)
          .satisfies(head -> assertThat(head.upstreamWait()).isPositive());
      assertThat(sink.bytes()).isEmpty();
    }

    @Test
    void keepTheirStatusAndTheirContentType() {
      backend.onRequest(send(reply("201 Created", "application/json; charset=utf-8", COMPLETION)));

      ask(Calls.whole());

      assertThat(sink.head())
          .isNotNull()
          .returns(201, ReplyHead::status)
          .returns("application/json; charset=utf-8", ReplyHead::contentType);
    }

    @Test
    void getTheClientsNameForTheModelBackAndNothingElseChanges() {
      String body =
          "{\"a\":1.0,\"model\" : \"b\\u0069g\",\"x\":{\"model\":\"big\"},\"choices\":[]}";
      backend.onRequest(send(json(body)));

      var delivery =
          upstreams.send(
              Calls.aliasOf("big", backend.baseUrl()), Calls.whole(), GivenBudget.endless(), sink);

      assertThat(endOf(delivery))
          .isEqualTo("{\"a\":1.0,\"model\" : \"tiny\",\"x\":{\"model\":\"big\"},\"choices\":[]}");
    }

    @Test
    void thatAreErrorsAreReportedAndAClientsMistakeStaysOne() {
      backend.onRequest(send(json("{\"error\":{\"message\":\"no\",\"type\":\"t\",\"code\":500}}")));
      backend.onRequest(send(json("{\"error\":{\"message\":\"no\",\"type\":\"t\",\"code\":422}}")));

      assertThat(failureOf(ask(Calls.whole())))
          .isEqualTo(new Reported(new UpstreamError("no", "t", null, null)));
      assertThat(failureOf(ask(Calls.whole())))
          .isEqualTo(new Rejected(422, new UpstreamError("no", "t", null, null), null));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "<html><body>200</body></html>",
          "",
          "[1]",
          "{\"a\":NaN}",
          "{\"a\":1}{",
          "{\"a\":\"\n\"}",
          "{\"choices\":["
        })
    void thatAreNoJsonObjectAreUnintelligible(String body) {
      backend.onRequest(send(json(body)));

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void inBadUtf8AreUnintelligible() {
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":\""),
          send(new byte[] {(byte) 0xc3}),
          send("\"}"));

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void overTheLimitAreUnintelligible() {
      backend.onRequest(send(json("{\"a\":\"" + "x".repeat(1024 * 1024) + "\"}")));

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void thatAreStreamsAreUnintelligible() {
      backend.onRequest(send(stream(FIRST)), backend.silence());

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unintelligible.class);
      backend.awaitHangUp();
    }

    @Test
    void thatAreCompressedAreUnintelligible() {
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"));

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void shorterThanTheyPromisedAreCutOff() {
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + COMPLETION), hangUp());

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(CutOff.class);
    }

    @Test
    void endedByAResetAreCutOff() {
      backend.onRequest(send(EVENT_STREAM.replace("event-stream", "json") + "ff\r\n{"), reset());

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(CutOff.class);
    }

    @Test
    void mayEndWithTheConnection() {
      backend.onRequest(send("HTTP/1.1 200 OK\r\n\r\n" + COMPLETION), hangUp());

      assertThat(endOf(ask(Calls.whole()))).isEqualTo(COMPLETION);
    }
  }

  @Nested
  class Streams {
    @Test
    void goOutAsTheyComeWithTheLastEventHeld() {
      backend.onRequest(send(stream(FIRST + LAST + DONE)));

      var delivery = ask(Calls.stream());

      assertThat(sink.text()).isEqualTo(FIRST + LAST);
      assertThat(endOf(delivery)).isEqualTo(DONE);
      assertThat(sink.writes()).as("one write for one read").hasSize(1);
      assertThat(sink.head()).isNotNull().returns("text/event-stream", ReplyHead::contentType);
    }

    @Test
    void reachTheClientBeforeTheBackendGoesOn() {
      var seen = new CountDownLatch(1);
      backend.onRequest(
          send(EVENT_STREAM + chunk(FIRST)), await(seen), send(chunk(LAST + DONE) + END_OF_CHUNKS));
      ReplySink opening = new LatchingSink(sink, seen);

      var delivery =
          upstreams.send(
              Calls.routeTo(backend.baseUrl()), Calls.stream(), GivenBudget.endless(), opening);

      assertThat(endOf(delivery)).isEqualTo(DONE);
      assertThat(sink.writes()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "data: %s\r\n\r\n",
          "data:%s\n\n",
          "data: %s\r\r",
          ": comment\ndata: %s\n\n",
          "id: 1\nretry: 5\nevent: message\ndata: %s\n\n",
          ":\n\n\n\ndata: %s\n\n",
          "data:\ndata: %s\n\n",
          "data: \n\ndata: %s\n\n",
        })
    void passInAnyFormThatServerSentEventsHave(String form) {
      String events =
          form.formatted("{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}")
              + form.formatted("[DONE]");
      backend.onRequest(send(stream(events)));

      var delivery = ask(Calls.stream());

      assertThat(sink.text() + endOf(delivery)).isEqualTo(events);
    }

    @Test
    void passByteByByteToo() {
      byte[] bytes = (FIRST + LAST + DONE).getBytes(UTF_8);
      backend.onRequest(
          connection -> {
            connection.getOutputStream().write(EVENT_STREAM.getBytes(UTF_8));
            for (byte b : bytes) {
              connection.getOutputStream().write(new byte[] {'1', '\r', '\n', b, '\r', '\n'});
            }
            connection.getOutputStream().write(END_OF_CHUNKS.getBytes(UTF_8));
          });

      var delivery = ask(Calls.stream());

      assertThat(sink.text() + endOf(delivery)).isEqualTo(FIRST + LAST + DONE);
    }

    @Test
    void passWithAnEventOfAMegabyte() {
      String large = event("{\"choices\":[],\"x\":\"" + "é".repeat(500_000) + "\"}");
      backend.onRequest(send(stream(FIRST + large + LAST + DONE)));

      var delivery = ask(Calls.stream());

      assertThat(sink.text() + endOf(delivery)).isEqualTo(FIRST + large + LAST + DONE);
    }

    @Test
    void getTheClientsNameForTheModelBackInEveryEvent() {
      String lines =
          "data: {\"choices\":[],\r\ndata:  \"model\": \"tiny\" ,\r\ndata: \"z\":0}\r\n\r\n";
      String told = (FIRST + lines + LAST + DONE).replace("\"tiny\"", "\"a/much longer name\"");
      backend.onRequest(send(stream(told)));
      var route = Calls.aliasOf("huge", backend.baseUrl());

      upstreams.send(route, Calls.stream(), GivenBudget.endless(), sink);

      assertThat(sink.text()).isEqualTo(FIRST + lines + LAST);
    }

    @Test
    void thatAreAnErrorInsteadTellIt() {
      backend.onRequest(send(json("{\"error\":{\"message\":\"no\",\"type\":\"t\",\"code\":400}}")));

      assertThat(failureOf(ask(Calls.stream())))
          .isEqualTo(new Rejected(400, new UpstreamError("no", "t", null, null), null));
    }

    @Test
    void endWithDoneWhateverComesBehindIt() {
      backend.onRequest(send(stream(FIRST + LAST + DONE + FIRST)));

      assertThat(endOf(ask(Calls.stream()))).isEqualTo(DONE);
    }

    @Test
    void hideTheUsageThatOnlyTheGatewayAskedFor() {
      backend.onRequest(send(stream(FIRST + LAST + USAGE + DONE)));

      var delivery = ask(Calls.stream());

      assertThat(sink.text()).isEqualTo(FIRST + LAST);
      assertThat(delivery).isInstanceOf(Complete.class);
      assertThat(((Complete) delivery).usage().tokens()).isEqualTo(TOLD);
    }

    @Test
    void keepTheUsageThatTheClientAskedFor() {
      backend.onRequest(send(stream(FIRST + LAST + USAGE + DONE)));

      var delivery = ask(Calls.streamAskingForUsage());

      assertThat(sink.text()).isEqualTo(FIRST + LAST + USAGE);
      assertThat(((Complete) delivery).usage().tokens()).isEqualTo(TOLD);
    }

    @Test
    void keepUsageThatNobodyAskedForAndUsageOnOtherEvents() {
      String finish =
          event(
              "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}");
      String none = event("{\"choices\":[],\"usage\":null}");
      backend.onRequest(send(stream(FIRST + none + finish + USAGE + DONE)));
      try (var never = open(StreamUsage.NEVER)) {
        never.send(Calls.routeTo(backend.baseUrl()), Calls.stream(), GivenBudget.endless(), sink);
      }
      assertThat(sink.text()).isEqualTo(FIRST + none + finish + USAGE);
    }

    @Test
    void keepUsageOnAFinishEventEvenWhenTheGatewayAsked() {
      String finish =
          event(
              "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}");
      String none = event("{\"choices\":[],\"usage\":null}");
      backend.onRequest(send(stream(FIRST + none + finish + DONE)));

      var delivery = ask(Calls.stream());

      assertThat(sink.text()).isEqualTo(FIRST + none + finish);
      assertThat(((Complete) delivery).usage().tokens()).isEqualTo(TOLD);
    }

    @Test
    void neverWaitForABackendThatKeepsTheConnectionOpenAfterTheEnd() {
      backend.onRequest(send(EVENT_STREAM + chunk(FIRST + LAST + DONE)), backend.silence());

      assertThat(endOf(ask(Calls.stream()))).isEqualTo(DONE);
      backend.awaitHangUp();
    }

    @Test
    void mayEndWithoutTheLastBlankLine() {
      backend.onRequest(send(stream(FIRST + LAST + "data: [DONE]\n")));

      assertThat(endOf(ask(Calls.stream()))).isEqualTo("data: [DONE]\n");
    }

    @Test
    void withoutDoneAreCutOff() {
      backend.onRequest(send(stream(FIRST + LAST)));

      assertThat(ask(Calls.stream()))
          .isInstanceOfSatisfying(
              BrokenOff.class, broken -> assertThat(broken.failure()).isInstanceOf(CutOff.class));
      assertThat(sink.text()).isEqualTo(FIRST + LAST);
    }

    @Test
    void withoutAFinishAreCutOff() {
      backend.onRequest(send(EVENT_STREAM + chunk(FIRST)), send(chunk(DONE) + END_OF_CHUNKS));

      assertThat(failureAfterBytes(ask(Calls.stream()))).isInstanceOf(CutOff.class);
    }

    @Test
    void withAFinishForOneChoiceOfTwoAreCutOff() {
      String second = FIRST.replace("\"index\":0", "\"index\":1");
      var seen = new CountDownLatch(1);
      backend.onRequest(
          send(EVENT_STREAM + chunk(FIRST + second)),
          await(seen),
          send(chunk(LAST + DONE) + END_OF_CHUNKS));

      var delivery =
          upstreams.send(
              Calls.routeTo(backend.baseUrl()),
              Calls.stream(),
              GivenBudget.endless(),
              new LatchingSink(sink, seen));

      assertThat(failureAfterBytes(delivery)).isInstanceOf(CutOff.class);
    }

    @Test
    void withNothingButDoneAreNoReply() {
      backend.onRequest(send(stream(DONE)));

      assertThat(failureOf(ask(Calls.stream()))).isInstanceOf(CutOff.class);
    }

    @Test
    void cutInsideAChunkBreakOff() {
      var seen = new CountDownLatch(1);
      backend.onRequest(send(EVENT_STREAM + chunk(FIRST) + "ff\r\ndata: {"), await(seen), hangUp());

      var delivery =
          upstreams.send(
              Calls.routeTo(backend.baseUrl()),
              Calls.stream(),
              GivenBudget.endless(),
              new LatchingSink(sink, seen));

      assertThat(failureAfterBytes(delivery)).isInstanceOf(CutOff.class);
      assertThat(sink.text()).isEqualTo(FIRST);
    }

    @Test
    void cutBeforeTheirFirstEventAreNoReply() {
      backend.onRequest(send(EVENT_STREAM + "ff\r\ndata: {"), hangUp());

      assertThat(failureOf(ask(Calls.stream()))).isInstanceOf(CutOff.class);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "data: {\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\",\"code\":500}}\n\n",
          "data: {\"object\":\"error\",\"message\":\"out of memory\",\"type\":\"server_error\",\"code\":500}\n\n",
          "event: error\ndata: {\"message\":\"out of memory\",\"type\":\"server_error\"}\n\n",
          "error: {\"code\":500,\"message\":\"out of memory\",\"type\":\"server_error\"}\n\n",
          "data:{\"error\":\ndata: {\"message\":\"out of memory\",\"type\":\"server_error\"}}\r\n\r\n",
        })
    void thatBeginWithAnErrorAreNoReplyAndThoseThatMeetOneBreakOff(String error) {
      var reported = new Reported(new UpstreamError("out of memory", "server_error", null, null));
      backend.onRequest(send(stream(error + DONE)));

      assertThat(failureOf(ask(Calls.stream()))).isEqualTo(reported);

      var seen = new CountDownLatch(1);
      backend.onRequest(
          send(EVENT_STREAM + chunk(FIRST)),
          await(seen),
          send(chunk(LAST + error + DONE) + END_OF_CHUNKS));
      var delivery =
          upstreams.send(
              Calls.routeTo(backend.baseUrl()),
              Calls.stream(),
              GivenBudget.endless(),
              new LatchingSink(sink, seen));

      assertThat(failureAfterBytes(delivery)).isEqualTo(reported);
      assertThat(sink.text()).isEqualTo(FIRST + LAST);
    }

    @Test
    void thatMeetAnErrorInTheSameReadAsTheirContentHaveBegun() {
      backend.onRequest(
          send(stream(FIRST + FIRST + event("{\"error\":{\"message\":\"late\"}}") + DONE)));

      Delivery delivery = ask(Calls.stream());

      assertThat(delivery)
          .isEqualTo(
              new BrokenOff(
                  counted(9, 4), new Reported(new UpstreamError("late", null, null, null))));
      assertThat(sink.text()).isEqualTo(FIRST + FIRST);
    }

    @Test
    void mayBeginWithAByteOrderMark() {
      backend.onRequest(send(stream("\uFEFFdata: {\"error\":\"Unauthorized\"}\n\n")));
      assertThat(failureOf(ask(Calls.stream()))).isInstanceOf(Reported.class);

      backend.onRequest(send(stream("\uFEFF" + FIRST + LAST + DONE)));
      assertThat(endOf(ask(Calls.stream()))).isEqualTo(DONE);
      assertThat(sink.text()).isEqualTo("\uFEFF" + FIRST + LAST);
    }

    @Test
    void thatBeginWithAnErrorInOneStringAreNoReply() {
      backend.onRequest(send(stream(event("{\"error\":\"Unauthorized\"}"))));

      assertThat(failureOf(ask(Calls.stream())))
          .isEqualTo(new Reported(new UpstreamError("Unauthorized", null, null, null)));
    }

    @Test
    void withAnErrorOfNullGoOn() {
      String fine = FIRST.replace("\"model\"", "\"error\":null,\"model\"");
      backend.onRequest(send(stream(fine + LAST + DONE)));

      assertThat(endOf(ask(Calls.stream()))).isEqualTo(DONE);
      assertThat(sink.text()).isEqualTo(fine + LAST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {\"choices\":\n\n", "data: oops\n\n", "data: 5\n\n"})
    void withAnEventThatIsNoJsonAreUnintelligible(String event) {
      backend.onRequest(send(stream(event + FIRST + LAST + DONE)));

      assertThat(failureOf(ask(Calls.stream()))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void thatAreWholeJsonOrAPageAreUnintelligible() {
      backend.onRequest(send(json(COMPLETION)));
      assertThat(failureOf(ask(Calls.stream()))).isInstanceOf(Unintelligible.class);

      backend.onRequest(send(reply("200 OK", "text/html", "<html>")));
      assertThat(failureOf(ask(Calls.stream()))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void openTheReplyWithAPing() {
      var seen = new CountDownLatch(1);
      backend.onRequest(
          send(EVENT_STREAM + chunk(":\n\n")),
          await(seen),
          send(chunk(FIRST + LAST + DONE) + END_OF_CHUNKS));

      var delivery =
          upstreams.send(
              Calls.routeTo(backend.baseUrl()),
              Calls.stream(),
              GivenBudget.endless(),
              new LatchingSink(sink, seen));

      assertThat(sink.text() + endOf(delivery)).isEqualTo(":\n\n" + FIRST + LAST + DONE);
    }

    private UpstreamFailure failureAfterBytes(Delivery delivery) {
      return switch (delivery) {
        case BrokenOff(Metered _, UpstreamFailure failure) -> failure;
        case NoReply(UpstreamFailure failure) -> failure;
        case Complete _, CutShort _, Abandoned _ ->
            throw new AssertionError("no failure: " + delivery);
      };
    }
  }

  @Nested
  class Time {
    @Test
    void isUpWhenASilentBackendGivesNoHead() {
      backend.onRequest(backend.silence());

      assertThat(failureOf(askImpatiently(Calls.whole())))
          .isEqualTo(new TimedOut(Phase.HEAD, SHORT));
      backend.awaitHangUp();
    }

    @Test
    void isUpWhenAHeadOnlyDrips() {
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nA: "), backend.drip("b", SHORT.dividedBy(20), 1000));

      assertThat(failureOf(askImpatiently(Calls.whole())))
          .isEqualTo(new TimedOut(Phase.HEAD, SHORT));
    }

    @Test
    void isUpWhenAStreamsHeadIsFollowedByNothing() {
      backend.onRequest(send(EVENT_STREAM), backend.silence());

      assertThat(failureOf(askImpatiently(Calls.stream())))
          .isEqualTo(new TimedOut(Phase.HEAD, SHORT));
    }

    @Test
    void isUpWhenAStreamFallsSilent() {
      backend.onRequest(send(EVENT_STREAM + chunk(FIRST)), backend.silence());

      assertThat(askImpatiently(Calls.stream()))
          .isEqualTo(new BrokenOff(counted(9, 2), new TimedOut(Phase.SILENCE, SHORT)));
      backend.awaitHangUp();
    }

    @Test
    void isUpWhenAWholeReplyOnlyDrips() {
      backend.onRequest(
          send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"),
          backend.drip(" ", SHORT.dividedBy(20), 998),
          send("}"));

      assertThat(failureOf(askImpatiently(Calls.whole())))
          .isEqualTo(new TimedOut(Phase.WHOLE, SHORT));
      backend.awaitHangUp();
    }

    @Test
    void isNeverUpForAStreamThatMoves() {
      long started = System.nanoTime();
      backend.onRequest(
          send(EVENT_STREAM),
          backend.drip(chunk(FIRST), SHORT.dividedBy(10), 20),
          send(chunk(LAST + DONE) + END_OF_CHUNKS));

      var delivery = askImpatiently(Calls.stream());

      assertThat(endOf(delivery)).isEqualTo(DONE);
      assertThat(System.nanoTime() - started).isGreaterThan(SHORT.toNanos());
    }

    @Test
    void isUpWhenABackendDoesNotReadTheRequest() throws IOException {
      String body = "{\"model\":\"tiny\",\"x\":\"" + "x".repeat(20_000_000) + "\"}";
      try (var deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        var route = Calls.withTimeout(SHORT, BaseUrl.of("http://127.0.0.1:" + deaf.getLocalPort()));

        assertThat(
                failureOf(
                    upstreams.send(
                        route, Calls.call(body, false, false), GivenBudget.endless(), sink)))
            .isEqualTo(new TimedOut(Phase.HEAD, SHORT));
      }
    }
  }

  @Nested
  class Connections {
    @Test
    void areUsedAgainAfterWholeRepliesStreamsAndErrors() {
      backend.onRequest(send(json(COMPLETION)));
      backend.onRequest(send(stream(FIRST + LAST + DONE)));
      backend.onRequest(send(reply("400 Bad Request", "application/json", "{}")));
      backend.onRequest(send(json(COMPLETION)));

      Destination route = Calls.routeTo(backend.baseUrl());
      for (ChatCall call : List.of(Calls.whole(), Calls.stream(), Calls.whole(), Calls.whole())) {
        upstreams.send(route, call, GivenBudget.endless(), new MemorySink());
      }

      assertThat(backend.requests()).hasSize(4);
      assertThat(backend.connections()).isEqualTo(1);
    }

    @Test
    void areNotUsedAgainWhenTheBackendWillClose() {
      backend.onRequest(
          send(json(COMPLETION).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")));
      backend.onRequest(send(json(COMPLETION)));

      upstreams.send(
          Calls.routeTo(backend.baseUrl()), Calls.whole(), GivenBudget.endless(), new MemorySink());
      ask(Calls.whole());

      assertThat(backend.connections()).isEqualTo(2);
    }

    @Test
    void areNotUsedAgainWhenMoreCameThanTheReply() {
      backend.onRequest(send(json(COMPLETION) + json("{\"choices\":[\"another one's\"]}")));
      backend.onRequest(send(json(COMPLETION)));

      upstreams.send(
          Calls.routeTo(backend.baseUrl()), Calls.whole(), GivenBudget.endless(), new MemorySink());
      var delivery = ask(Calls.whole());

      assertThat(endOf(delivery)).isEqualTo(COMPLETION);
      assertThat(backend.connections()).isEqualTo(2);
    }

    @Test
    void thatTheBackendClosedWhileTheyRestedAreReplacedOnce() {
      backend.onRequest(send(json(COMPLETION)), hangUp());
      backend.onRequest(send(json(COMPLETION)));

      upstreams.send(
          Calls.routeTo(backend.baseUrl()), Calls.whole(), GivenBudget.endless(), new MemorySink());
      var delivery = ask(Calls.whole());

      assertThat(endOf(delivery)).isEqualTo(COMPLETION);
      assertThat(backend.requests()).extracting("connection").containsExactly(1, 2);
    }

    @Test
    void areNotReplacedTwice() {
      backend.onRequest(send(json(COMPLETION)), hangUp());
      backend.onRequest(reset());
      upstreams.send(
          Calls.routeTo(backend.baseUrl()), Calls.whole(), GivenBudget.endless(), new MemorySink());

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unanswered.class);
      assertThat(backend.requests()).hasSize(2);
    }

    @Test
    void areNotReplacedOnceAByteOfTheReplyHasCome() {
      backend.onRequest(send(json(COMPLETION)));
      backend.onRequest(send("H"), hangUp());
      upstreams.send(
          Calls.routeTo(backend.baseUrl()), Calls.whole(), GivenBudget.endless(), new MemorySink());

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(CutOff.class);
      assertThat(backend.requests()).hasSize(2);
    }

    @Test
    void thatAreRefusedAreUnreachable() throws IOException {
      BaseUrl gone;
      try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        gone = BaseUrl.of("http://127.0.0.1:" + server.getLocalPort());
      }

      assertThat(
              failureOf(
                  upstreams.send(Calls.routeTo(gone), Calls.whole(), GivenBudget.endless(), sink)))
          .isInstanceOf(Unreachable.class);
    }

    @Test
    void toANameThatDoesNotExistAreUnreachable() {
      var nowhere = Calls.routeTo(BaseUrl.of("http://nowhere.invalid:1"));

      assertThat(failureOf(upstreams.send(nowhere, Calls.whole(), GivenBudget.endless(), sink)))
          .isInstanceOf(Unreachable.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void thatEndWithoutAWordAreUnanswered(boolean byReset) {
      Step end = byReset ? reset() : hangUp();
      backend.onRequest(end);

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unanswered.class);
      assertThat(backend.requests()).as("a fresh connection is not tried again").hasSize(1);
    }

    @Test
    void thatEndInsideTheHeadAreCutOff() {
      backend.onRequest(send("HTTP/1.1 200 OK\r\nContent-"), hangUp());

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(CutOff.class);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
          "SSH-2.0-OpenSSH_9.2\r\n",
        })
    void thatSpeakSomethingElseAreUnintelligible(String reply) {
      backend.onRequest(send(reply), backend.silence());

      assertThat(failureOf(ask(Calls.whole()))).isInstanceOf(Unintelligible.class);
      backend.awaitHangUp();
    }

    @Test
    void areClosedAtOnceWhenTheClientIsGone() {
      backend.onRequest(
          send(EVENT_STREAM + chunk(FIRST)),
          backend.drip(chunk(FIRST), SHORT.dividedBy(10), 10_000));
      var gone = MemorySink.hangingUpAfter(2);

      var delivery =
          upstreams.send(
              Calls.routeTo(backend.baseUrl()), Calls.stream(), GivenBudget.endless(), gone);

      assertThat(delivery)
          .isInstanceOfSatisfying(
              Abandoned.class,
              abandoned -> {
                assertThat(abandoned.soFar().source()).isEqualTo(UsageSource.RUNNING_COUNT);
                assertThat(abandoned.soFar().tokens().prompt()).isEqualTo(9);
                assertThat(abandoned.soFar().tokens().completion()).isPositive();
              });
      backend.awaitHangUp();
    }

    @Test
    void thatRestAreClosedWithTheUpstreams() {
      backend.onRequest(send(json(COMPLETION)), backend.silence());
      ask(Calls.whole());

      upstreams.close();

      backend.awaitHangUp();
    }
  }

  @Nested
  class Refusals {
    @Test
    void areToldInTheBackendsOwnWords() {
      backend.onRequest(
          send(
              reply(
                      "429 Too Many Requests",
                      "application/json",
                      "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}")
                  .replace("\r\n\r\n", "\r\nRetry-After: 7\r\n\r\n")));

      assertThat(failureOf(ask(Calls.stream())))
          .isEqualTo(
              new Rejected(
                  429,
                  new UpstreamError("slow down", "requests", null, "rate_limit_exceeded"),
                  "7"));
    }

    @Test
    void ofTheGatewaysCredentialAreNotTold() {
      backend.onRequest(
          send(
              reply(
                  "401 Unauthorized",
                  "application/json",
                  "{\"error\":{\"message\":\"Incorrect API key: s3cret\"}}")));

      var delivery =
          upstreams.send(
              Calls.withCredential("s3cret", backend.baseUrl()),
              Calls.whole(),
              GivenBudget.endless(),
              sink);

      assertThat(failureOf(delivery)).isEqualTo(new NotAuthorized(401));
    }

    @Test
    void doNotNameTheBackendsAddress() {
      String url = backend.baseUrl().toString();
      backend.onRequest(
          send(
              reply(
                  "400 Bad Request",
                  "application/json",
                  "{\"error\":\"" + url + "/v1 and 127.0.0.1:" + backend.port() + " are busy\"}")));

      assertThat(failureOf(ask(Calls.whole())))
          .isEqualTo(
              new Rejected(
                  400,
                  new UpstreamError("the backend/v1 and the backend are busy", null, null, null),
                  null));
    }

    @Test
    void whoseBodyNeverComesAreToldByTheirStatus() {
      backend.onRequest(
          send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\n\r\n"),
          backend.silence());

      assertThat(failureOf(askImpatiently(Calls.whole())))
          .isEqualTo(
              new Rejected(
                  503,
                  new UpstreamError("the backend answered with status 503", null, null, null),
                  null));
    }

    @Test
    void includeRedirectsWhichAreNotFollowed() {
      backend.onRequest(
          send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));

      assertThat(failureOf(ask(Calls.whole())))
          .isInstanceOfSatisfying(
              Rejected.class, rejected -> assertThat(rejected.status()).isEqualTo(302));
      assertThat(backend.requests()).hasSize(1);
    }
  }

  @Nested
  class Kinds {
    @Test
    void areThoseWithAnAdapter() {
      assertThat(upstreams.kinds()).containsExactly(BackendKind.VLLM);
    }

    @Test
    void withoutABaseUrlAnywhereAreUnreachable() {
      var plain = Calls.routeTo(backend.baseUrl());
      var lost = new Destination(plain.asked(), plain.route(), plain.target().at(null), "1", 0);

      assertThat(failureOf(upstreams.send(lost, Calls.whole(), GivenBudget.endless(), sink)))
          .isInstanceOf(Unreachable.class);
    }
  }

  /** Opens a latch once the first bytes have come. */
  private record LatchingSink(ReplySink sink, CountDownLatch seen) implements ReplySink {
    @Override
    public void whenGone(Runnable hangUp) {
      sink.whenGone(hangUp);
    }

    @Override
    public void open(ReplyHead head) {
      sink.open(head);
    }

    @Override
    public boolean isStopped() {
      return sink.isStopped();
    }

    @Override
    public void announce(LimitStanding standing) {
      sink.announce(standing);
    }

    @Override
    public void announce(ModelName standIn) {
      sink.announce(standIn);
    }

    @Override
    public void awaitReply() {
      sink.awaitReply();
    }

    @Override
    public int statusOf(UpstreamFailure failure) {
      return sink.statusOf(failure);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      sink.write(bytes, offset, length);
      seen.countDown();
    }

    @Override
    public void end(byte[] rest) {
      sink.end(rest);
    }

    @Override
    public void fail(UpstreamFailure failure) {
      sink.fail(failure);
    }
  }
}
