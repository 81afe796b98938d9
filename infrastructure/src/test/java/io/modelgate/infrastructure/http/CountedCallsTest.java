package io.modelgate.infrastructure.http;

import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.CompleteChat;
import io.modelgate.application.chat.ListModels;
import io.modelgate.application.chat.ShowStanding;
import io.modelgate.application.chat.ShowUsage;
import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.RateBreach;
import io.modelgate.domain.chat.RetryPolicy;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.ApiServer;
import io.modelgate.infrastructure.server.Metrics;
import io.modelgate.infrastructure.server.ServerSettings;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.InMemoryQuotas;
import io.modelgate.testing.Samples;
import io.modelgate.testing.ScriptedLimits;
import io.modelgate.testing.ScriptedTargets;
import io.modelgate.testing.ScriptedUpstream;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.RawConnection.Reply;
import io.modelgate.testing.wire.Scrape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is counted of a call, however it goes. */
class CountedCallsTest {
  private static final String SECRET = "sk-mg-good";
  private static final String CHAT = "/v1/chat/completions";
  private static final Metered TOLD = new TokenUsage(3, 4).by(UsageSource.UPSTREAM);

  private final Metrics metrics = Metrics.create("test");
  private final ScriptedLimits limits = new ScriptedLimits();

  @Test
  void countsACallThatWasServed() throws IOException {
    callOnce(new Delivery.Complete(TOLD, bytes("data: [DONE]\n\n")), body("m"));

    Scrape scrape = scrape();
    assertCounted(scrape, "m", "vllm", "completed", "200");
    assertThat(scrape.sum("modelgate_calls_total", "stream", "true", "route", CHAT)).isEqualTo(1);
    assertThat(scrape.sum("modelgate_tokens_total", "model", "m", "kind", "prompt")).isEqualTo(3);
    assertThat(scrape.sum("modelgate_tokens_total", "kind", "completion")).isEqualTo(4);
    assertThat(scrape.sum("modelgate_time_to_first_byte_seconds_count", "model", "m")).isEqualTo(1);
    assertThat(scrape.sum("modelgate_overhead_seconds_count", "route", CHAT)).isEqualTo(1);
    assertThat(scrape.sum("modelgate_refusals_total")).isZero();
  }

  @Test
  void countsACallWhoseBackendFailed() throws IOException {
    callOnce(new Delivery.NoReply(new UpstreamFailure.Unreachable("gone")), body("m"));

    Scrape scrape = scrape();
    assertCounted(scrape, "m", "vllm", "refused_by_backend", "502");
    assertThat(scrape.sum("modelgate_call_duration_seconds_count", "model", "m")).isEqualTo(1);
    assertThat(scrape.sum("modelgate_time_to_first_byte_seconds_count")).isZero();
    assertThat(scrape.sum("modelgate_tokens_total")).isZero();
  }

  @Test
  void countsACallThatBrokeOff() throws IOException {
    callOnce(new Delivery.BrokenOff(TOLD, new UpstreamFailure.CutOff("gone")), body("m"));

    assertCounted(scrape(), "m", "vllm", "upstream_broke", "200");
  }

  @Test
  void countsACallWhoseClientIsGone() throws IOException {
    var upstream = new ScriptedUpstream(new Delivery.Abandoned(TOLD));
    try (ApiServer server = start(upstream);
        var client = RawConnection.to(server.port())) {
      client.send(request(SECRET, body("m")));
      while (!client.endsHere()) {
        client.some(1000);
      }
    }

    assertCounted(scrape(), "m", "vllm", "client_gone", "499");
  }

  @Test
  void countsWhatALimitRefusesUnderNoModelsName() throws IOException {
    limits.next(
        new Limits.Verdict.Limited(
            new RateBreach(
                RateBreach.Rule.TOKENS, 3, 3, Duration.ofSeconds(1), Duration.ofSeconds(1)),
            LimitStanding.UNLIMITED));

    callOnce(new Delivery.Complete(TOLD, bytes("")), body("m"));

    Scrape scrape = scrape();
    assertThat(scrape.sum("modelgate_refusals_total", "rule", "tpm")).isEqualTo(1);
    assertCounted(scrape, "other", "none", "refused", "429");
    assertThat(scrape.sum("modelgate_call_duration_seconds_count")).isZero();
  }

  @Test
  void countsWhoHasNoKeyAndKeepsTheKeyOut() throws IOException {
    try (ApiServer server = start(new ScriptedUpstream());
        var client = RawConnection.to(server.port())) {
      client.send(request("sk-mg-stolen", body("m"))).reply();
      client.send("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n").reply();
    }

    assertThat(scrape().sum("modelgate_refusals_total", "rule", "key")).isEqualTo(2);
    assertCounted(scrape(), "other", "none", "refused", "401");
    assertThat(text()).doesNotContain("sk-mg", "key_1", "127.0.0.1");
  }

  @Test
  void callsEveryModelThatDoesNotExistOther() throws IOException {
    try (ApiServer server = start(new ScriptedUpstream());
        var client = RawConnection.to(server.port())) {
      for (int i = 0; i < 1000; i++) {
        Reply reply = client.send(request(SECRET, body("nobody-" + i))).reply();
        assertThat(reply.status()).isEqualTo(404);
      }
    }

    Scrape scrape = scrape();
    assertThat(scrape.labelValues("modelgate_calls_total", "model")).containsExactly("other");
    assertThat(scrape.sum("modelgate_calls_total", "status", "404")).isEqualTo(1000);
    assertThat(scrape.sum("modelgate_refusals_total", "rule", "model")).isEqualTo(1000);
    assertThat(text()).doesNotContain("nobody");
  }

  private void assertCounted(
      Scrape scrape, String model, String backend, String outcome, String status) {
    assertThat(
            scrape.sum(
                "modelgate_calls_total",
                "model",
                model,
                "backend",
                backend,
                "outcome",
                outcome,
                "status",
                status))
        .isEqualTo(1);
    assertThat(scrape.sum("modelgate_calls_total")).isEqualTo(1);
    assertThat(
            scrape.sum(
                "modelgate_requests_total", "route", CHAT, "method", "POST", "status", status))
        .isEqualTo(1);
    assertThat(scrape.sum("modelgate_requests_in_flight")).isZero();
  }

  private void callOnce(Delivery delivery, String body) throws IOException {
    try (ApiServer server = start(new ScriptedUpstream(delivery));
        var client = RawConnection.to(server.port())) {
      client.send(request(SECRET, body)).reply();
    }
  }

  /** Closed, it has counted all. */
  private ApiServer start(ScriptedUpstream upstream) {
    var keys = new InMemoryApiKeys();
    keys.add(Samples.aKey("key_1", SECRET), DEED);
    var routes = new InMemoryModelRoutes();
    routes.add(Samples.aRoute("m", BackendKind.VLLM), DEED);
    var quotas = new InMemoryQuotas();
    var models = new ListModels(routes, upstream);
    var errors = new ApiErrors(false);
    var api =
        new OpenAiApi(
            new AdmitCaller(keys, () -> Samples.NOON),
            models,
            new CompleteChat(
                models,
                keys,
                quotas,
                limits,
                upstream,
                new ScriptedTargets(),
                () -> new RetryPolicy(1, Duration.ofMillis(1), Duration.ZERO, false),
                new Random(1),
                () -> Samples.NOON,
                () -> 4096),
            new ShowStanding(limits, quotas, () -> Samples.NOON),
            new ShowUsage(quotas, (_, _) -> List.of(), () -> Samples.NOON, ZoneOffset.UTC),
            1000,
            () -> new StreamSettings(false, Duration.ZERO),
            () -> true,
            errors);
    return ApiServer.start(
        new ServerSettings("127.0.0.1", 0, 1000, Duration.ofSeconds(5)),
        errors,
        metrics,
        api::register);
  }

  private String text() {
    return new String(metrics.scrape("").text(), StandardCharsets.UTF_8);
  }

  private Scrape scrape() {
    return Scrape.parse(text());
  }

  private static String body(String model) {
    return "{\"model\":\"" + model + "\",\"stream\":true}";
  }

  private static String request(String secret, String body) {
    return "POST "
        + CHAT
        + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + secret
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
