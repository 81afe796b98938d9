package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.Replies.COMPLETION;
import static io.modelgate.infrastructure.upstream.Replies.DONE;
import static io.modelgate.infrastructure.upstream.Replies.END_OF_CHUNKS;
import static io.modelgate.infrastructure.upstream.Replies.EVENT_STREAM;
import static io.modelgate.infrastructure.upstream.Replies.FIRST;
import static io.modelgate.infrastructure.upstream.Replies.LAST;
import static io.modelgate.infrastructure.upstream.Replies.chunk;
import static io.modelgate.infrastructure.upstream.Replies.json;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.NoReply;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Settings that change between calls, and during one. */
@Timeout(60)
class ChangedUpstreamsTest {
  private static final int ROOMY = 1024 * 1024;

  private final ScriptedBackend backend = ScriptedBackend.start();
  private final Upstreams upstreams =
      Upstreams.open(settings(ROOMY, "before"), InstantSource.system());

  @AfterEach
  void stop() throws IOException {
    upstreams.close();
    backend.close();
  }

  @Test
  void reachTheNextCallOverTheSameConnection() {
    backend.onRequest(send(json(COMPLETION))).onRequest(send(json(COMPLETION)));
    var route = Calls.routeTo(backend.baseUrl());

    upstreams.send(route, Calls.whole(), GivenBudget.endless(), new MemorySink());
    upstreams.apply(settings(ROOMY, "after"));
    upstreams.send(route, Calls.whole(), GivenBudget.endless(), new MemorySink());

    assertThat(backend.requests())
        .satisfiesExactly(
            first -> assertThat(first.head()).contains("Authorization: Bearer before"),
            second -> assertThat(second.head()).contains("Authorization: Bearer after"));
    assertThat(backend.connections()).isOne();
  }

  @Test
  void doNotReachACallThatRuns() {
    backend
        .onRequest(
            send(EVENT_STREAM + chunk(FIRST)),
            _ -> upstreams.apply(settings(1, "after")),
            send(chunk(LAST + DONE) + END_OF_CHUNKS))
        .onRequest(send(json(COMPLETION)));
    var route = Calls.routeTo(backend.baseUrl());

    assertThat(upstreams.send(route, Calls.stream(), GivenBudget.endless(), new MemorySink()))
        .isInstanceOf(Complete.class);
    assertThat(upstreams.send(route, Calls.whole(), GivenBudget.endless(), new MemorySink()))
        .as("one byte is too few for any reply")
        .isInstanceOf(NoReply.class);
  }

  @Test
  void decideWhichKindsAreServed() {
    upstreams.apply(
        new UpstreamSettings(
            Duration.ofSeconds(20), Duration.ofSeconds(5), ROOMY, Map.of(), Duration.ZERO));

    assertThat(upstreams.kinds()).containsExactly(BackendKind.ECHO);
    assertThat(
            upstreams.send(
                Calls.routeTo(BaseUrl.of("http://127.0.0.1:1")),
                Calls.whole(),
                GivenBudget.endless(),
                new MemorySink()))
        .isInstanceOf(NoReply.class);
  }

  private static UpstreamSettings settings(int maxReplyBytes, String credential) {
    return new UpstreamSettings(
        Duration.ofSeconds(20),
        Duration.ofSeconds(5),
        maxReplyBytes,
        Map.of(
            BackendKind.VLLM,
            new UpstreamSettings.Adapter(null, new Credential(credential), StreamUsage.NEVER)),
        null);
  }
}
