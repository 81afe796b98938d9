package io.modelgate.infrastructure.upstream;

import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.Upstream.Delivery.BrokenOff;
import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.NoReply;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.NotAuthorized;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.domain.chat.UpstreamFailure.Reported;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.wire.Recording;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replays what a llama-server was recorded to say, cut at other places than it cut it. */
class RecordedRepliesTest {
  private static final List<Recording> ALL =
      Recording.all().stream()
          .filter(r -> r.method().equals("POST") && r.path().matches("/v1/(chat/)?completions"))
          .filter(r -> !r.head().isEmpty())
          .toList();

  static Stream<Recording> goodStreams() {
    return ALL.stream()
        .filter(r -> r.status() == 200 && r.isStream() && r.text().contains("[DONE]"));
  }

  static Stream<Recording> brokenStreams() {
    return ALL.stream()
        .filter(r -> r.status() == 200 && r.isStream() && !r.text().contains("[DONE]"));
  }

  static Stream<Recording> goodWholes() {
    return ALL.stream().filter(r -> r.status() == 200 && !r.isStream());
  }

  static Stream<Recording> refusals() {
    return ALL.stream().filter(r -> r.status() >= 300);
  }

  @Test
  void allRecordingsAreThere() {
    assertThat(goodStreams()).hasSize(23);
    assertThat(brokenStreams()).hasSize(4);
    assertThat(goodWholes()).hasSize(61);
    assertThat(refusals()).hasSize(42);
  }

  @ParameterizedTest
  @MethodSource("goodStreams")
  void aStreamReachesTheClientByteForByte(Recording recording) throws IOException {
    for (long seed = 0; seed < 5; seed++) {
      var sink = new MemorySink();

      var delivery = replay(recording, seed, true, StreamUsage.NEVER, sink);

      assertThat(delivery).isInstanceOf(Complete.class);
      assertThat(concat(sink.bytes(), ((Complete) delivery).end())).isEqualTo(recording.body());
      assertThat(((Complete) delivery).end()).asString().isEqualTo("data: [DONE]\n\n");
    }
  }

  @ParameterizedTest
  @MethodSource("goodStreams")
  void onlyTheUsageThatTheClientDidNotAskForIsMissing(Recording recording) throws IOException {
    var sink = new MemorySink();

    var delivery = replay(recording, 1, true, StreamUsage.ASK, sink);

    String expected = recording.text().replaceAll("data: \\{\"choices\":\\[\\],[^\n]*\n\n", "");
    assertThat(delivery).isInstanceOf(Complete.class);
    assertThat(concat(sink.bytes(), ((Complete) delivery).end())).asString().isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("brokenStreams")
  void aStreamThatEndedEarlyIsNeverComplete(Recording recording) throws IOException {
    var sink = new MemorySink();

    var delivery = replay(recording, 2, true, StreamUsage.NEVER, sink);

    UpstreamFailure failure =
        switch (delivery) {
          case BrokenOff broken -> broken.failure();
          case NoReply none -> none.failure();
          default -> throw new AssertionError("not broken: " + delivery);
        };
    if (recording.text().contains("{\"error\"")) {
      assertThat(failure)
          .isEqualTo(
              new Reported(
                  new UpstreamError(
                      "The model produced output that does not match the expected peg-native format",
                      "server_error",
                      null,
                      null)));
    } else {
      assertThat(failure).isInstanceOf(CutOff.class);
    }
    assertThat(recording.text()).startsWith(sink.text());
    assertThat(sink.text()).doesNotContain("{\"error\"");
  }

  @ParameterizedTest
  @MethodSource("goodWholes")
  void aWholeReplyIsHeldByteForByte(Recording recording) throws IOException {
    var sink = new MemorySink();

    var delivery = replay(recording, 3, false, StreamUsage.ASK, sink);

    assertThat(delivery).isInstanceOf(Complete.class);
    assertThat(((Complete) delivery).end()).isEqualTo(recording.body());
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aRefusalIsToldByItsKind(Recording recording) throws IOException {
    var sink = new MemorySink();

    var delivery = replay(recording, 4, false, StreamUsage.ASK, sink);

    assertThat(sink.head()).isNull();
    assertThat(delivery)
        .isInstanceOfSatisfying(
            NoReply.class,
            none -> {
              switch (none.failure()) {
                case NotAuthorized(int status) ->
                    assertThat(status).isEqualTo(recording.status()).isEqualTo(401);
                case Rejected(int status, UpstreamError error, String _) -> {
                  assertThat(status).isEqualTo(statusTold(recording));
                  assertThat(error.message()).isNotEmpty();
                  if (recording.text().contains("exceed_context_size_error")) {
                    assertThat(error.code()).isEqualTo("context_length_exceeded");
                    assertThat(error.type()).isEqualTo("invalid_request_error");
                  }
                }
                default -> throw new AssertionError("not told: " + none);
              }
            });
  }

  /** llama-server blames itself for what a client got wrong. */
  private static int statusTold(Recording recording) {
    boolean modelFailed = recording.name().startsWith("tools_format_mismatch");
    return recording.status() == 500 && !modelFailed ? 400 : recording.status();
  }

  @Test
  void usageOfTwoChoicesIsAddedUpWithThePromptCountedOnce() throws IOException {
    var two =
        goodStreams().filter(r -> r.name().equals("chat_stream_n2")).findFirst().orElseThrow();

    var delivery = replay(two, 5, true, StreamUsage.ASK, new MemorySink());

    assertThat(((Complete) delivery).usage().tokens().prompt()).isEqualTo(27);
    assertThat(((Complete) delivery).usage().tokens().completion()).isEqualTo(8);
  }

  private static Delivery replay(
      Recording recording, long seed, boolean stream, StreamUsage usage, MemorySink sink)
      throws IOException {
    var settings =
        new UpstreamSettings(
            Duration.ofSeconds(20),
            Duration.ofSeconds(5),
            1024 * 1024,
            Map.of(BackendKind.VLLM, new UpstreamSettings.Adapter(null, null, usage)),
            null);
    try (var backend = ScriptedBackend.start();
        var upstreams = Upstreams.open(settings, InstantSource.system())) {
      backend.onRequest(send(recording.reply(seed)), hangUp());
      return upstreams.send(
          Calls.routeTo(backend.baseUrl()),
          stream ? Calls.stream() : Calls.whole(),
          GivenBudget.endless(),
          sink);
    }
  }

  private static byte[] concat(byte[] one, byte[] other) {
    var both = new ByteArrayOutputStream();
    both.writeBytes(one);
    both.writeBytes(other);
    return both.toByteArray();
  }
}
