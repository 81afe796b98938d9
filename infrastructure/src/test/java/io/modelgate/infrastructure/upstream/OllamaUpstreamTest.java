package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.OllamaCalls.HELLO;
import static io.modelgate.infrastructure.upstream.Replies.chunk;
import static io.modelgate.infrastructure.upstream.Replies.json;
import static io.modelgate.infrastructure.upstream.Replies.reply;
import static io.modelgate.testing.Samples.bounds;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static java.nio.charset.StandardCharsets.UTF_8;
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
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.NotAuthorized;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.domain.chat.UpstreamFailure.Reported;
import io.modelgate.domain.chat.UpstreamFailure.TimedOut;
import io.modelgate.domain.chat.UpstreamFailure.Unintelligible;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ollama's replies in OpenAI's words, over real sockets. */
@Timeout(60)
class OllamaUpstreamTest {
  private static final String NDJSON =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String END = "0\r\n\r\n";
  private static final String DONE_LINE =
      "{\"model\":\"llama3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
          + "\"done_reason\":\"stop\",\"total_duration\":5,\"prompt_eval_count\":11,\"eval_count\":3}\n";
  private static final String OVERFLOW =
      "{\"error\":\"{\\\"error\\\":{\\\"code\\\":400,\\\"message\\\":\\\"request (8889 tokens) exceeds the"
          + " available context size (4096 tokens), try increasing it\\\",\\\"type\\\":"
          + "\\\"exceed_context_size_error\\\",\\\"n_prompt_tokens\\\":8889,\\\"n_ctx\\\":4096}}\"}";
  private static final TokenUsage TOLD = new TokenUsage(11, 3);

  private final ScriptedBackend backend = ScriptedBackend.start();
  private final MemorySink sink = new MemorySink();
  private final Upstreams upstreams = open(64 * 1024);

  private static Upstreams open(int maxReplyBytes) {
    var adapter = new UpstreamSettings.Adapter(null, null, StreamUsage.ASK);
    return Upstreams.open(
        new UpstreamSettings(
            Duration.ofSeconds(20),
            Duration.ofSeconds(5),
            maxReplyBytes,
            Map.of(BackendKind.OLLAMA, adapter),
            null),
        InstantSource.fixed(Instant.ofEpochSecond(1_700_000_000)));
  }

  @AfterEach
  void stop() throws IOException {
    upstreams.close();
    backend.close();
  }

  private Delivery ask(ChatCall call) {
    return upstreams.send(
        OllamaCalls.routeTo(backend.baseUrl()), call, GivenBudget.endless(), sink);
  }

  private Delivery chat(String more) {
    return ask(OllamaCalls.chat(HELLO + more));
  }

  private Delivery stream(String more) {
    return chat(",\"stream\":true" + more);
  }

  private UpstreamFailure failureOf(Delivery delivery) {
    assertThat(delivery).isInstanceOf(NoReply.class);
    assertThat(sink.head()).as("the sink is untouched").isNull();
    return ((NoReply) delivery).failure();
  }

  private ScriptedBackend.Step theClientHasSome() {
    return _ -> {
      while (sink.writes().isEmpty()) {
        Thread.onSpinWait();
      }
    };
  }

  private static String line(String message) {
    return "{\"model\":\"llama3:1b\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":"
        + message
        + ",\"done\":false}\n";
  }

  private static String said(String text) {
    return line("{\"role\":\"assistant\",\"content\":\"" + text + "\"}");
  }

  private static String endOf(Delivery delivery) {
    assertThat(delivery).isInstanceOf(Complete.class);
    return new String(((Complete) delivery).end(), UTF_8).replaceAll("-[0-9a-f-]{36}", "-ID");
  }

  private String sent() {
    return sink.text()
        .replaceAll("-[0-9a-f-]{36}", "-ID")
        .replaceAll("call_[0-9a-f]{32}", "call_ID");
  }

  private static String event(String choice) {
    return "data: {\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
        + "\"model\":\"tiny\",\"choices\":["
        + choice
        + "]}\n\n";
  }

  private static String delta(String delta) {
    return event("{\"index\":0,\"delta\":" + delta + ",\"logprobs\":null,\"finish_reason\":null}");
  }

  private static String finish(String reason) {
    return event(
        "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"" + reason + "\"}");
  }

  private static final String ROLE =
      delta("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}");

  @Nested
  class Requests {
    @Test
    void goToTheNativeApiBelowTheBaseUrlWithOnlyTheListedHeaders() {
      backend.onRequest(send(json(DONE_LINE)));

      upstreams.send(
          OllamaCalls.routeTo(backend.baseUrl(), new Credential("s3cret"), null),
          OllamaCalls.chat(HELLO),
          GivenBudget.endless(),
          sink);

      var request = backend.requests().getFirst();
      assertThat(request.body())
          .isEqualTo(
              "{\"model\":\"llama3:1b\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],"
                  + "\"stream\":false,\"truncate\":false}");
      assertThat(request.head().lines())
          .containsExactly(
              "POST /api/chat HTTP/1.1",
              "Host: 127.0.0.1:" + backend.port(),
              "Content-Type: application/json",
              "Content-Length: 100",
              "Accept: application/json",
              "Accept-Encoding: identity",
              "User-Agent: modelgate/dev",
              "x-request-id: req-1",
              "Authorization: Bearer s3cret",
              "");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "'temperature':1|{'temperature':1,'num_predict':8}",
          "'max_tokens':9|{'num_predict':8}",
          "'max_tokens':3|{'num_predict':3}",
          "'max_tokens':9223372036854775807|{'num_predict':8}",
          "'num_predict':0|{'num_predict':8}",
          "'options':{'num_predict':-2,'x':1}|{'num_predict':8,'x':1}",
          "'options':{'num_predict':1e30}|{'num_predict':8}",
          "'options':{'num_predict':null}|{'num_predict':8}",
          "'options':{'num_predict':7}|{'num_predict':7}",
        })
    void areBoundedToTheCap(String fields, String options) {
      backend.onRequest(send(json(DONE_LINE)));

      upstreams.send(
          OllamaCalls.routeTo(backend.baseUrl()),
          OllamaCalls.chat(HELLO + "," + fields.replace('\'', '"')),
          GivenBudget.endless().capped(8),
          sink);

      assertThat(backend.requests().getFirst().body())
          .contains("\"options\":" + options.replace('\'', '"'));
    }

    @Test
    void areExpectedToObeyWhatOpenAiNamesBeforeWhatOllamaDoes() {
      var route = OllamaCalls.routeTo(backend.baseUrl());
      var both = bounds(30L, 20L, null).all();
      var own = new Bound(Name.NUM_PREDICT, 5L, new Span(0, 0));

      assertThat(upstreams.demand(route, OllamaCalls.within(new OutputBounds(both, null, null))))
          .isEqualTo(new OutputDemand(1, 20L));
      assertThat(
              upstreams.demand(
                  route, OllamaCalls.within(new OutputBounds(List.of(own), null, null))))
          .isEqualTo(new OutputDemand(1, 5L));
      assertThat(
              upstreams.demand(
                  route,
                  OllamaCalls.within(new OutputBounds(List.of(own, both.getFirst()), null, null))))
          .isEqualTo(new OutputDemand(1, 30L));
    }

    @Test
    void thatCannotBeTranslatedNeverLeave() {
      assertThat(failureOf(chat(",\"n\":2")))
          .isEqualTo(
              new Rejected(
                  400,
                  new UpstreamError(
                      "'n' must be 1: Ollama makes one choice", "invalid_request_error", "n", null),
                  null));
      assertThat(backend.requests()).isEmpty();
    }
  }

  @Nested
  class WholeReplies {
    @Test
    void areSaidInOpenAisShape() {
      backend.onRequest(
          send(
              json(
                  "{\"model\":\"llama3:1b\",\"created_at\":\"x\",\"message\":{\"role\":\"assistant\","
                      + "\"content\":\"H\\u00e9 é\",\"thinking\":\"hm\"},\"done\":true,"
                      + "\"done_reason\":\"length\",\"prompt_eval_count\":11,\"eval_count\":3}")));

      var delivery = chat("");

      assertThat(endOf(delivery))
          .isEqualTo(
              "{\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion\",\"created\":1700000000,"
                  + "\"model\":\"tiny\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                  + "\"content\":\"Hé é\",\"refusal\":null,\"reasoning_content\":\"hm\"},"
                  + "\"logprobs\":null,\"finish_reason\":\"length\"}],"
                  + "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3,\"total_tokens\":14}}");
      assertThat(((Complete) delivery).usage().tokens()).isEqualTo(TOLD);
      assertThat(sink.head())
          .isNotNull()
          .returns(200, ReplyHead::status)
          .returns("application/json", ReplyHead::contentType)
          .returns(false, ReplyHead::promptTruncated);
    }

    @Test
    void carryToolCallsWithTheirArgumentsAsWritten() {
      backend.onRequest(
          send(
              json(
                  "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"id\":\"call_x\",\"function\":"
                      + "{\"index\":0,\"name\":\"add\",\"arguments\":{\"x\": 1.50,\"y\":[1e2]}}},"
                      + "{\"function\":{\"name\":\"now\",\"arguments\":{}}}]},\"done\":true}")));

      assertThat(endOf(chat("")).replaceAll("call_[0-9a-f]{32}", "call_ID"))
          .contains(
              "\"message\":{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"tool_calls\":["
                  + "{\"id\":\"call_x\",\"type\":\"function\",\"function\":{\"name\":\"add\","
                  + "\"arguments\":\"{\\\"x\\\": 1.50,\\\"y\\\":[1e2]}\"}},"
                  + "{\"id\":\"call_ID\",\"type\":\"function\",\"function\":{\"name\":\"now\","
                  + "\"arguments\":\"{}\"}}]},\"logprobs\":null,\"finish_reason\":\"tool_calls\"")
          .contains("\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":17,\"total_tokens\":25}");
    }

    @Test
    void carryLogprobs() {
      backend.onRequest(
          send(
              json(
                  "{\"message\":{\"content\":\"H\"},\"done\":true,\"logprobs\":[{\"token\":\"H\","
                      + "\"logprob\":-0.10,\"bytes\":[72],\"top_logprobs\":[{\"token\":\"G\","
                      + "\"logprob\":-2}]}]}")));

      assertThat(endOf(chat(",\"logprobs\":true")))
          .contains(
              "\"logprobs\":{\"content\":[{\"token\":\"H\",\"logprob\":-0.10,\"bytes\":[72],"
                  + "\"top_logprobs\":[{\"token\":\"G\",\"logprob\":-2,\"bytes\":null}]}],"
                  + "\"refusal\":null}");
    }

    @Test
    void ofCompletionsAreSaidAsText() {
      backend.onRequest(
          send(
              json(
                  "{\"response\":\" upon\",\"done\":true,\"done_reason\":\"stop\",\"context\":[1],"
                      + "\"prompt_eval_count\":11,\"eval_count\":3}")));

      assertThat(endOf(ask(OllamaCalls.call(Endpoint.COMPLETIONS, "\"prompt\":\"Once\""))))
          .isEqualTo(
              "{\"id\":\"cmpl-ID\",\"object\":\"text_completion\",\"created\":1700000000,"
                  + "\"model\":\"tiny\",\"choices\":[{\"index\":0,\"text\":\" upon\","
                  + "\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                  + "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3,\"total_tokens\":14}}");
      assertThat(backend.requests().getFirst().head()).startsWith("POST /api/generate HTTP/1.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"load", "unload"})
    void thatOnlyLoadedTheModelAreEmptyAnswers(String reason) {
      backend.onRequest(
          send(json("{\"response\":\"\",\"done\":true,\"done_reason\":\"" + reason + "\"}")));

      assertThat(endOf(ask(OllamaCalls.call(Endpoint.COMPLETIONS, "\"prompt\":\"\""))))
          .contains("\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"stop\"");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "<html>",
          "",
          "[]",
          "{}",
          "{\"choices\":[]}",
          "{\"message\":\"x\",\"done\":true}",
          "{\"message\":{\"content\":7},\"done\":true}",
          "{\"message\":{\"content\":\"x\"},\"done\":true} {}",
          "{\"message\":{\"content\":\"x\"}",
          "{\"message\":{\"content\":\"x\"},\"done\":true,\"logprobs\":[{\"logprob\":1e99999999999}]}"
        })
    void thatMakeNoSenseAreUnintelligible(String body) {
      backend.onRequest(send(json(body)));

      assertThat(failureOf(chat(""))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void thatAreTooLongAreUnintelligible() {
      backend.onRequest(send(json("{\"response\":\"" + "x".repeat(70_000) + "\",\"done\":true}")));

      assertThat(failureOf(chat(""))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void thatAreNotDoneAreCutOff() {
      backend.onRequest(send(json("{\"message\":{\"content\":\"x\"},\"done\":false}")));

      assertThat(failureOf(chat(""))).isInstanceOf(CutOff.class);
    }
  }

  @Nested
  class Streams {
    @Test
    void becomeEventsLineByLine() {
      backend.onRequest(
          send(
              NDJSON
                  + chunk(line("{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"}"))
                  + chunk(said("Hé") + "\n" + said("\\ud83d\\ude00"))
                  + chunk(DONE_LINE)
                  + END));

      var delivery = stream("");

      assertThat(sent())
          .isEqualTo(
              ROLE
                  + delta("{\"reasoning_content\":\"hm\"}")
                  + delta("{\"content\":\"Hé\"}")
                  + delta("{\"content\":\"😀\"}")
                  + finish("stop"));
      assertThat(endOf(delivery)).isEqualTo("data: [DONE]\n\n");
      assertThat(((Complete) delivery).usage().tokens()).isEqualTo(TOLD);
      assertThat(sink.head()).isNotNull().returns("text/event-stream", ReplyHead::contentType);
    }

    @Test
    void tellUsageOnlyWhenAsked() {
      backend.onRequest(send(NDJSON + chunk(said("x") + DONE_LINE) + END));

      stream(",\"stream_options\":{\"include_usage\":true}");

      assertThat(sent())
          .endsWith(
              finish("stop")
                  + event("")
                      .replace(
                          "]}\n",
                          "],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3,\"total_tokens\":14}}\n"));
    }

    @Test
    void numberToolCallsThroughoutAndFinishWithThem() {
      String calling =
          "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"index\":0,"
              + "\"name\":\"f\",\"arguments\":{\"a\":1}}}]}";
      backend.onRequest(send(NDJSON + chunk(line(calling) + line(calling) + DONE_LINE) + END));

      stream("");

      String call =
          "{\"tool_calls\":[{\"index\":%d,\"id\":\"call_ID\",\"type\":\"function\",\"function\":"
              + "{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]}";
      assertThat(sent())
          .isEqualTo(
              ROLE + delta(call.formatted(0)) + delta(call.formatted(1)) + finish("tool_calls"));
    }

    @Test
    void ofCompletionsCarryText() {
      backend.onRequest(
          send(
              NDJSON
                  + chunk("{\"response\":\"a\",\"done\":false}\n")
                  + chunk("{\"response\":\"\",\"done\":true,\"done_reason\":\"length\"}")
                  + END));

      var delivery =
          ask(OllamaCalls.call(Endpoint.COMPLETIONS, "\"prompt\":\"x\",\"stream\":true"));

      String frame =
          "data: {\"id\":\"cmpl-ID\",\"object\":\"text_completion\",\"created\":1700000000,"
              + "\"model\":\"tiny\",\"choices\":[{\"index\":0,\"text\":\"%s\",\"logprobs\":null,"
              + "\"finish_reason\":%s}]}\n\n";
      assertThat(sent())
          .isEqualTo(frame.formatted("a", "null") + frame.formatted("", "\"length\""));
      assertThat(delivery).isInstanceOf(Complete.class);
    }

    @Test
    void haveIdsOfTheirOwn() {
      backend
          .onRequest(send(NDJSON + chunk(DONE_LINE) + END))
          .onRequest(send(NDJSON + chunk(DONE_LINE) + END));
      var other = new MemorySink();

      stream("");
      upstreams.send(
          OllamaCalls.routeTo(backend.baseUrl()),
          OllamaCalls.chat(HELLO + ",\"stream\":true"),
          GivenBudget.endless(),
          other);

      assertThat(sink.text().substring(0, 60)).isNotEqualTo(other.text().substring(0, 60));
      assertThat(backend.connections()).as("the connection is used again").isEqualTo(1);
    }

    @Test
    void thatEndWithoutSayingSoAreCutOff() {
      backend.onRequest(send(NDJSON + chunk(said("x")) + END));

      assertThat(stream("")).isInstanceOf(BrokenOff.class);
      assertThat(sent()).isEqualTo(ROLE + delta("{\"content\":\"x\"}"));
    }

    @Test
    void whoseConnectionBreaksAreCutOff() {
      backend.onRequest(send(NDJSON + chunk(said("x"))), hangUp());

      assertThat(stream(""))
          .isInstanceOfSatisfying(
              BrokenOff.class, broken -> assertThat(broken.failure()).isInstanceOf(CutOff.class));
    }

    @Test
    void tellAnErrorInTheMiddle() {
      backend.onRequest(
          send(NDJSON + chunk(said("x"))),
          theClientHasSome(),
          send(chunk("{\"error\":\"an error was encountered\"}\n") + END));

      assertThat(stream(""))
          .isEqualTo(
              new BrokenOff(
                  new TokenUsage(9, 1).by(UsageSource.RUNNING_COUNT),
                  new Reported(new UpstreamError("an error was encountered", null, null, null))));
      assertThat(sent()).doesNotContain("finish_reason\":\"");
    }

    @Test
    void thatBeginWithAnErrorLeaveTheSinkUntouched() {
      backend.onRequest(send(NDJSON + chunk("{\"error\":\"CUDA\"}\n") + END));

      assertThat(failureOf(stream("")))
          .isEqualTo(new Reported(new UpstreamError("CUDA", null, null, null)));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"oops\n", "{\"x\":1}\n", "[]\n", "{\"message\":{\"content\":\"\u0001\"}}\n"})
    void thatMakeNoSenseAreUnintelligible(String garbage) {
      backend.onRequest(send(NDJSON + chunk(garbage) + END));

      assertThat(failureOf(stream(""))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void withIllFormedUtf8AreUnintelligible() {
      byte[] bad = {'{', '"', 'r', '"', ':', '"', (byte) 0xc0, (byte) 0xaf, '"', '}', '\n'};
      backend.onRequest(send(NDJSON + "b\r\n"), send(bad), send("\r\n" + END));

      assertThat(failureOf(stream(""))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void thatAreNoStreamsAreUnintelligible() {
      backend.onRequest(send(reply("200 OK", "text/html", "<html>")));

      assertThat(failureOf(stream(""))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void withALineThatIsTooLongAreUnintelligible() {
      backend.onRequest(send(NDJSON + chunk("{\"x\":\"" + "x".repeat(200_000))));

      assertThat(failureOf(stream(""))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void mayHaveLinesOfAMegabyte() {
      String long1 = "y".repeat(1_000_000);
      backend.onRequest(send(NDJSON + chunk(said(long1) + DONE_LINE) + END));
      try (var patient = open(2_000_000)) {
        patient.send(
            OllamaCalls.routeTo(backend.baseUrl()),
            OllamaCalls.chat(HELLO + ",\"stream\":true"),
            GivenBudget.endless(),
            sink);
      }

      assertThat(sent())
          .isEqualTo(ROLE + delta("{\"content\":\"" + long1 + "\"}") + finish("stop"));
    }

    @Test
    void timeOutWhenNothingComes() {
      backend.onRequest(backend.silence());

      var delivery =
          upstreams.send(
              OllamaCalls.routeTo(backend.baseUrl(), null, Duration.ofMillis(300)),
              OllamaCalls.chat(HELLO + ",\"stream\":true"),
              GivenBudget.endless(),
              sink);

      assertThat(failureOf(delivery)).isEqualTo(new TimedOut(Phase.HEAD, Duration.ofMillis(300)));
    }

    @Test
    void endWithoutTheLineThatWouldGoOverTheirBudgetAndOllamaIsHungUpOn() {
      backend.onRequest(
          send(NDJSON), backend.drip(chunk(said(" the")), Duration.ofMillis(1), 5_000));

      var delivery =
          upstreams.send(
              OllamaCalls.routeTo(backend.baseUrl()),
              OllamaCalls.chat(
                  HELLO + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"),
              GivenBudget.of(3),
              sink);

      assertThat(delivery)
          .isInstanceOfSatisfying(
              CutShort.class,
              cut -> {
                assertThat(cut.usage())
                    .isEqualTo(new TokenUsage(9, 3).by(UsageSource.RUNNING_COUNT));
                assertThat(cut.end()).asString().isEqualTo("data: [DONE]\n\n");
              });
      assertThat(sent())
          .isEqualTo(
              ROLE
                  + delta("{\"content\":\" the\"}").repeat(3)
                  + finish("length")
                  + event("")
                      .replace(
                          "]}\n",
                          "],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}\n"));
      backend.awaitHangUp();
    }

    @Test
    void mayEndAtTheirVeryFirstLineAndAtTheirLast() {
      backend
          .onRequest(send(NDJSON + chunk(said("one two")) + END))
          .onRequest(
              send(NDJSON + chunk(said("one") + DONE_LINE.replace("\"\"", "\" two\"")) + END));

      for (long tokens : new long[] {0, 1}) {
        var delivery =
            upstreams.send(
                OllamaCalls.routeTo(backend.baseUrl()),
                OllamaCalls.chat(HELLO + ",\"stream\":true"),
                GivenBudget.of(1),
                new MemorySink());

        assertThat(delivery)
            .isInstanceOfSatisfying(
                CutShort.class,
                cut -> assertThat(cut.usage().tokens()).isEqualTo(new TokenUsage(9, tokens)));
      }
    }

    @Test
    void countThinkingAndCalls() {
      String thinking = line("{\"content\":\"\",\"thinking\":\"one two\"}");
      String calling =
          line(
              "{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]}");
      backend.onRequest(send(NDJSON + chunk(thinking + calling)), hangUp());

      assertThat(stream(""))
          .isInstanceOfSatisfying(
              BrokenOff.class,
              broken -> assertThat(broken.soFar().tokens()).isEqualTo(new TokenUsage(9, 4)));
    }

    @Test
    void endAtTheBackendWhenTheClientLeaves() {
      backend.onRequest(send(NDJSON), backend.drip(chunk(said("x")), Duration.ofMillis(5), 2_000));

      var delivery =
          upstreams.send(
              OllamaCalls.routeTo(backend.baseUrl()),
              OllamaCalls.chat(HELLO + ",\"stream\":true"),
              GivenBudget.endless(),
              MemorySink.hangingUpAfter(3));

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
  }

  @Nested
  class Vectors {
    private static final String REPLY =
        "{\"model\":\"llama3:1b\",\"embeddings\":[[0.010071029, -1.0,3e-05],[1,2,3]],"
            + "\"total_duration\":1,\"prompt_eval_count\":8}";

    private Delivery embed(String fields) {
      return ask(OllamaCalls.call(Endpoint.EMBEDDINGS, fields));
    }

    @Test
    void keepEveryDigit() {
      backend.onRequest(send(json(REPLY)));

      var delivery = embed("\"input\":[\"a\",\"b\"]");

      assertThat(endOf(delivery))
          .isEqualTo(
              "{\"object\":\"list\",\"data\":["
                  + "{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.010071029, -1.0,3e-05]},"
                  + "{\"object\":\"embedding\",\"index\":1,\"embedding\":[1,2,3]}],"
                  + "\"model\":\"tiny\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}");
      assertThat(((Complete) delivery).usage().tokens()).isEqualTo(new TokenUsage(8, 0));
      assertThat(backend.requests().getFirst().body())
          .isEqualTo("{\"model\":\"llama3:1b\",\"input\":[\"a\",\"b\"],\"truncate\":false}");
    }

    @Test
    void comeInBase64WhenTheSdksAskForIt() {
      backend.onRequest(send(json("{\"embeddings\":[[1,-2.5]]}")));

      assertThat(endOf(embed("\"input\":\"a\",\"encoding_format\":\"base64\"")))
          .contains("\"embedding\":\"AACAPwAAIMA=\"}");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{}",
          "{\"embeddings\":[]}",
          "{\"embeddings\":[[1],[2]]}",
          "{\"embeddings\":[[null]]}",
          "{\"embeddings\":[\"x\"]}",
          "{\"embeddings\":[[NaN]]}"
        })
    void thatMakeNoSenseAreUnintelligible(String body) {
      backend.onRequest(send(json(body)));

      assertThat(failureOf(embed("\"input\":\"a\""))).isInstanceOf(Unintelligible.class);
    }

    @Test
    void ofATextThatIsTooLongAreMarked() {
      backend
          .onRequest(
              send(
                  reply(
                      "400 Bad Request",
                      "application/json",
                      "{\"error\":\"the input length exceeds the context length\"}")))
          .onRequest(send(json("{\"embeddings\":[[1]]}")));

      embed("\"input\":\"a\"");

      assertThat(sink.head()).isNotNull().returns(true, ReplyHead::promptTruncated);
    }
  }

  @Nested
  class LongPrompts {
    @ParameterizedTest
    @ValueSource(
        strings = {
          OVERFLOW,
          "{\"error\":\"the input length exceeds the context length\"}",
          "{\"error\":\"input length exceeds maximum context length\"}",
          "{\"error\":\"the prompt is longer than the context length currently available to the model; shorten\"}"
        })
    void areSentAgainToBeShortenedAndTheReplyIsMarked(String refusal) {
      backend
          .onRequest(send(reply("400 Bad Request", "application/json", refusal)))
          .onRequest(send(NDJSON + chunk(said("x") + DONE_LINE) + END));

      var delivery = stream("");

      assertThat(delivery).isInstanceOf(Complete.class);
      assertThat(sink.head()).isNotNull().returns(true, ReplyHead::promptTruncated);
      assertThat(backend.requests().getFirst().body()).contains("\"truncate\":false");
      assertThat(backend.requests().getLast().body()).doesNotContain("truncate");
    }

    @Test
    void areSentAgainWhenTheRefusalBeginsAStream() {
      backend
          .onRequest(send(NDJSON + chunk(OVERFLOW + "\n") + END))
          .onRequest(send(NDJSON + chunk(DONE_LINE) + END));

      assertThat(stream("")).isInstanceOf(Complete.class);
      assertThat(sink.head()).isNotNull().returns(true, ReplyHead::promptTruncated);
    }

    @Test
    void thatFitNoWayAreTheClientsMistake() {
      String refusal = reply("400 Bad Request", "application/json", OVERFLOW);
      backend.onRequest(send(refusal)).onRequest(send(refusal));

      assertThat(failureOf(chat("")))
          .isEqualTo(
              new Rejected(
                  400,
                  new UpstreamError(
                      "request (8889 tokens) exceeds the available context size (4096 tokens),"
                          + " try increasing it",
                      "invalid_request_error",
                      null,
                      "context_length_exceeded"),
                  null));
    }

    @Test
    void areRefusedWhenTheClientWantsThem() {
      backend.onRequest(send(reply("400 Bad Request", "application/json", OVERFLOW)));

      assertThat(failureOf(chat(",\"truncate\":false"))).isInstanceOf(Rejected.class);
    }

    @Test
    void areShortenedAtOnceWhenTheClientSaysSo() {
      backend.onRequest(send(json(DONE_LINE)));

      chat(",\"truncate\":true");

      assertThat(backend.requests().getFirst().body()).contains("\"truncate\":true");
      assertThat(sink.head()).isNotNull().returns(false, ReplyHead::promptTruncated);
    }

    @Test
    void areKnownByTheirCountWhereOllamaIsTooOldToRefuse() {
      backend.onRequest(send(json(DONE_LINE)));

      chat(",\"num_ctx\":11");

      assertThat(sink.head()).isNotNull().returns(true, ReplyHead::promptTruncated);
    }

    @Test
    void areAskedForAgainWithACancellationOfTheirOwn() {
      backend
          .onRequest(send(reply("400 Bad Request", "application/json", OVERFLOW)))
          .onRequest(send(NDJSON), backend.drip(chunk(said("x")), Duration.ofMillis(5), 2_000));
      var leaving = MemorySink.hangingUpAfter(1);

      var delivery =
          upstreams.send(
              OllamaCalls.routeTo(backend.baseUrl()),
              OllamaCalls.chat(HELLO + ",\"stream\":true"),
              GivenBudget.endless(),
              leaving);

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
  }

  @Nested
  class Refusals {
    private UpstreamFailure refused(String status, String type, String body) {
      backend.onRequest(send(reply(status, type, body)));
      return failureOf(chat(""));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "model 'llama3:1b' not found",
          "model \\\"llama3:1b\\\" not found, try pulling it first"
        })
    void ofAnUnknownModelHaveOpenAisCode(String words) {
      assertThat(refused("404 Not Found", "application/json", "{\"error\":\"" + words + "\"}"))
          .isInstanceOfSatisfying(
              Rejected.class,
              rejected -> {
                assertThat(rejected.status()).isEqualTo(404);
                assertThat(rejected.error().code()).isEqualTo("model_not_found");
                assertThat(rejected.error().param()).isEqualTo("model");
              });
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "400 Bad Request|\\\"tiny\\\" does not support tools|400",
          "500 Internal Server Error|this model does not support embeddings|400",
          "500 Internal Server Error|option \\\"top_k\\\" must be of type integer|400",
          "400 Bad Request|json: cannot unmarshal string into Go struct field|400",
          "503 Service Unavailable|server busy, please try again.  maximum pending requests exceeded|503",
          "500 Internal Server Error|model requires more system memory|500"
        })
    void keepTheirWordsAndTellWhoseFaultItIs(String status, String words, int told) {
      assertThat(refused(status, "application/json", "{\"error\":\"" + words + "\"}"))
          .isInstanceOfSatisfying(
              Rejected.class,
              rejected -> {
                assertThat(rejected.status()).isEqualTo(told);
                assertThat(rejected.error().message()).isEqualTo(words.replace("\\", ""));
              });
    }

    @Test
    void fromOllamasCloudAreUnderstood() {
      assertThat(
              refused(
                  "429 Too Many Requests",
                  "application/json",
                  "{\"StatusCode\":429,\"Status\":\"429 Too Many Requests\",\"error\":\"weekly limit\"}"))
          .isEqualTo(new Rejected(429, new UpstreamError("weekly limit", null, null, null), null));
    }

    @Test
    void ofTheHostOrTheCredentialAreTheGatewaysAffair() {
      assertThat(refused("403 Forbidden", "text/plain", "")).isEqualTo(new NotAuthorized(403));
    }

    @ParameterizedTest
    @CsvSource({
      "404 Not Found,404 page not found",
      "405 Method Not Allowed,405 method not allowed"
    })
    void inPlainTextAreUnderstood(String status, String text) {
      assertThat(refused(status, "text/plain", text)).isInstanceOf(Rejected.class);
    }
  }
}
