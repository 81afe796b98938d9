package io.modelgate.infrastructure.http;

import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.CompleteChat;
import io.modelgate.application.chat.ListModels;
import io.modelgate.application.chat.ShowStanding;
import io.modelgate.application.chat.ShowUsage;
import io.modelgate.application.port.Limits;
import io.modelgate.application.port.ModelUse;
import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.application.port.Upstream;
import io.modelgate.application.port.UsageHistory;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitStanding.Allowance;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateBreach;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.RetryPolicy;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.ApiServer;
import io.modelgate.infrastructure.server.Metrics;
import io.modelgate.infrastructure.server.ServerSettings;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.InMemoryQuotas;
import io.modelgate.testing.ScriptedLimits;
import io.modelgate.testing.ScriptedTargets;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.RawConnection.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiApiTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final String SECRET = "sk-mg-good";
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();
  private final InMemoryQuotas quotas = new InMemoryQuotas();
  private final ScriptedLimits limits = new ScriptedLimits();
  private UsageHistory history = (_, _) -> List.of();
  private final PlayingUpstream upstream = new PlayingUpstream();
  private boolean ready = true;
  private static final RetryPolicy RETRY =
      new RetryPolicy(2, Duration.ofMillis(1), Duration.ZERO, false);
  private ScriptedTargets targets = new ScriptedTargets();
  private StreamSettings streams = new StreamSettings(false, Duration.ofSeconds(15));
  private ApiServer server;
  private RawConnection client;

  @BeforeEach
  void start() throws IOException {
    keys.add(key("key_1", SECRET, true, null, TokenQuota.UNLIMITED), DEED);
    routes.add(route("org/model:7b", BackendKind.VLLM, true), DEED);
    routes.add(route("asleep", BackendKind.VLLM, false), DEED);
    routes.add(route("not-served", BackendKind.OLLAMA, true), DEED);
    var models = new ListModels(routes, upstream);
    var errors = new ApiErrors(false);
    var api =
        new OpenAiApi(
            new AdmitCaller(keys, () -> NOW),
            models,
            new CompleteChat(
                models,
                keys,
                quotas,
                limits,
                upstream,
                targets,
                () -> RETRY,
                new Random(1),
                () -> NOW,
                () -> 4096),
            new ShowStanding(limits, quotas, () -> NOW),
            new ShowUsage(
                quotas, (key, from) -> history.byModel(key, from), () -> NOW, ZoneOffset.UTC),
            1000,
            () -> streams,
            () -> ready,
            errors);
    server =
        ApiServer.start(
            new ServerSettings("127.0.0.1", 0, 1000, Duration.ZERO),
            errors,
            Metrics.create("test"),
            api::register);
    client = RawConnection.to(server.port());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void listsTheEnabledModelsOfServedKindsInOpenAisShape() throws IOException {
    JsonNode list = json(get("/v1/models"));
    assertThat(list.get("object").asText()).isEqualTo("list");
    assertThat(list.get("data")).hasSize(1);
    assertThat(list.get("data").get(0).toString())
        .isEqualTo(
            "{\"id\":\"org/model:7b\",\"object\":\"model\",\"created\":"
                + NOW.getEpochSecond()
                + ",\"owned_by\":\"vllm\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"org/model:7b", "org%2Fmodel:7b", "org%2fmodel%3A7b"})
  void findsAModelWhoseIdHasASlashRawOrEscaped(String id) throws IOException {
    assertThat(json(get("/v1/models/" + id)).get("id").asText()).isEqualTo("org/model:7b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nobody", "asleep", "not-served", "org/model", "org/model:7b/", "a%20b", "%C3%A4"})
  void knowsNoOtherModel(String id) throws IOException {
    Reply reply = get("/v1/models/" + id);
    assertThat(reply.status()).isEqualTo(404);
    assertThat(error(reply, "code")).isEqualTo("model_not_found");
  }

  @Test
  void answersHeadLikeGetWithoutABody() throws IOException {
    client.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    byte[] both = client.some(4000);
    while (new String(both, StandardCharsets.UTF_8).split("HTTP/1.1 200", -1).length < 3) {
      both = concat(both, client.some(4000));
    }
    assertThat(new String(both, StandardCharsets.UTF_8).split("\"status\"", -1)).hasSize(2);
  }

  @Test
  void isReadyOnlyWhenCallsCanBeServed() throws IOException {
    assertThat(get("/health/ready").status()).isEqualTo(200);
    ready = false;
    assertThat(get("/health/ready").status()).isEqualTo(503);
    assertThat(get("/health").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Basic abc",
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "sk-mg-good",
        "Bearer sk-mg-other",
        "Bearer sk-mg-goo"
      })
  void turnsAwayWhoHasNoKeyWithoutReadingTheBody(String authorization) throws IOException {
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: "
            + authorization
            + "\r\nContent-Length: 999999\r\n\r\n");
    Reply reply = client.reply();
    assertThat(reply.status()).isIn(401, 413);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Basic abc", "Bearer", "Bearer a b", "sk-mg-good", "Bearer sk-mg-other"})
  void turnsAwayWhoHasNoKeyWith401(String authorization) throws IOException {
    Reply reply = post("/v1/chat/completions", "Authorization: " + authorization + "\r\n", "{}");
    assertThat(reply.status()).isEqualTo(401);
    assertThat(error(reply, "code")).isEqualTo("invalid_api_key");
    assertThat(reply.header("openai-processing-ms")).isPresent();
    assertThat(reply.header("x-modelgate-overhead-us")).isPresent();
    assertThat(reply.text()).doesNotContain("sk-mg-");
    assertThat(upstream.calls).hasValue(0);
  }

  @Test
  void tellsTheHolderOfADisabledOrExpiredKeyWhichItIs() throws IOException {
    keys.add(key("key_2", "sk-mg-off", false, null, TokenQuota.UNLIMITED), DEED);
    keys.add(key("key_3", "sk-mg-old", true, NOW, TokenQuota.UNLIMITED), DEED);
    Reply disabled = post("/v1/chat/completions", "Authorization: Bearer sk-mg-off\r\n", "{}");
    Reply expired = post("/v1/chat/completions", "authorization: bearer sk-mg-old\r\n", "{}");
    assertThat(disabled.status()).isEqualTo(401);
    assertThat(error(disabled, "message")).contains("disabled");
    assertThat(expired.status()).isEqualTo(401);
    assertThat(error(expired, "message")).contains("expired");
  }

  @Test
  void refusesADisabledKeyOnItsVeryNextRequest() throws IOException {
    assertThat(get("/v1/models").status()).isEqualTo(200);
    keys.change(new KeyId("key_1"), key -> key.on(terms -> terms.withEnabled(false)), DEED);
    assertThat(get("/v1/models").status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "\"text\"",
        "null",
        "{",
        "{\"model\":\"m\"} x",
        "{\"model\":NaN}",
        "{\"messages\":[]}",
        "{\"model\":7}",
        "{\"model\":null}",
        "{\"model\":\"m\",\"model\":\"m\"}",
        "{\"model\":\"m\",\"stream\":\"true\"}",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":[]}",
        "{\"model\":\"m\",\"max_tokens\":\"5\"}",
        "{\"model\":\"m\",\"max_tokens\":1.5}"
      })
  void refusesABodyItCannotReadAndKeepsTheConnection(String body) throws IOException {
    Reply reply = call(body);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(error(reply, "type")).isEqualTo("invalid_request_error");
    assertThat(upstream.calls).hasValue(0);
    assertThat(get("/health").status()).isEqualTo(200);
  }

  @Test
  void answersAnUnknownModelBeforeAnythingIsSentAnywhere() throws IOException {
    for (String model : new String[] {"nobody", "asleep", "not-served", "mödel ☃", ""}) {
      Reply reply = call("{\"model\":\"" + model + "\",\"messages\":[]}");
      assertThat(reply.status()).as(model).isEqualTo(model.isEmpty() ? 400 : 404);
      assertThat(error(reply, "param")).isEqualTo("model");
    }
    assertThat(upstream.calls).hasValue(0);
  }

  @Test
  void relaysAWholeReplyWithItsLengthAndTimes() throws IOException {
    upstream.play =
        (_, sink) -> {
          sink.open(new ReplyHead(200, "application/json; charset=utf-8", Duration.ofMillis(1)));
          return new Upstream.Delivery.Complete(told(3, 4), bytes("{\"ok\": 1.0}"));
        };
    Reply reply = call("{\"model\":\"org/model:7b\"}");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text()).isEqualTo("{\"ok\": 1.0}");
    assertThat(reply.header("content-type")).contains("application/json; charset=utf-8");
    assertThat(reply.header("content-length")).contains("11");
    assertThat(reply.header("openai-processing-ms")).isPresent();
    assertThat(Long.parseLong(reply.header("x-modelgate-overhead-us").orElseThrow()))
        .isNotNegative();
    assertThat(used()).isEqualTo(7);
  }

  @Test
  void sendsEachPieceOfAStreamAtOnceAndTheHeldEndLast() throws Exception {
    var firstSeen = new CountDownLatch(1);
    upstream.play =
        (_, sink) -> {
          sink.open(new ReplyHead(200, "text/event-stream", Duration.ZERO));
          sink.write(bytes("data: 1\n\n"), 0, 9);
          await(firstSeen);
          return new Upstream.Delivery.Complete(told(0, 0), bytes("data: [DONE]\n\n"));
        };
    client.send(
        request("/v1/chat/completions", auth(), "{\"model\":\"org/model:7b\",\"stream\":true}"));
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf("data: 1\n\n") < 0) {
      seen.append(new String(client.some(1000), StandardCharsets.UTF_8));
    }
    assertThat(seen.toString().toLowerCase(Locale.ROOT))
        .contains("x-accel-buffering: no")
        .doesNotContain("[done]");
    firstSeen.countDown();
    while (seen.indexOf("data: [DONE]\n\n\r\n0\r\n\r\n") < 0) {
      seen.append(new String(client.some(1000), StandardCharsets.UTF_8));
    }
  }

  @Test
  void endsABrokenStreamWithAnErrorEventAndWithoutDone() throws IOException {
    upstream.play =
        (_, sink) -> {
          sink.open(new ReplyHead(200, "text/event-stream", Duration.ZERO));
          sink.write(bytes("data: 1\n\n"), 0, 9);
          return new Upstream.Delivery.BrokenOff(
              told(1, 1), new UpstreamFailure.CutOff("at http://10.0.0.1:8000"));
        };
    Reply reply = call("{\"model\":\"org/model:7b\",\"stream\":true}");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text())
        .startsWith("data: 1\n\ndata: {\"error\":{\"message\":")
        .endsWith("}\n\n");
    assertThat(reply.text())
        .contains("\"code\":\"upstream_cut_off\"")
        .doesNotContain("[DONE]")
        .doesNotContain("10.0.0.1");
    assertThat(used()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "unreachable, 502, upstream_unavailable",
    "slow, 504, upstream_timeout",
    "auth, 502, upstream_auth_failed",
    "garbage, 502, upstream_invalid_reply",
    "cut, 502, upstream_cut_off",
    "reported, 502, upstream_error",
    "400, 400, context_length_exceeded",
    "404, 404, context_length_exceeded",
    "302, 502, context_length_exceeded",
    "500, 502, context_length_exceeded",
    "503, 503, context_length_exceeded"
  })
  void tellsHowABackendFailedWithoutNamingIt(String how, int status, String code)
      throws IOException {
    UpstreamFailure failure =
        switch (how) {
          case "unreachable" -> new UpstreamFailure.Unreachable("connect http://secret:1");
          case "slow" ->
              new UpstreamFailure.TimedOut(UpstreamFailure.Phase.HEAD, Duration.ofSeconds(3));
          case "auth" -> new UpstreamFailure.NotAuthorized(401);
          case "garbage" -> new UpstreamFailure.Unintelligible("secret");
          case "cut" -> new UpstreamFailure.CutOff("secret");
          case "reported" ->
              new UpstreamFailure.Reported(new UpstreamError("it broke", null, null, null));
          default ->
              new UpstreamFailure.Rejected(
                  Integer.parseInt(how),
                  new UpstreamError("too long", null, "messages", "context_length_exceeded"),
                  null);
        };
    upstream.play = (_, _) -> new Upstream.Delivery.NoReply(failure);
    Reply reply = call("{\"model\":\"org/model:7b\"}");
    assertThat(reply.status()).isEqualTo(status);
    assertThat(error(reply, "code")).isEqualTo(code);
    assertThat(error(reply, "type")).isNotEmpty();
    assertThat(reply.text()).doesNotContain("secret");
  }

  @Test
  void doesNotCountAFailedBackendsTimeAsItsOwn() throws IOException {
    upstream.play =
        (_, _) -> {
          assertThat(endsWithin300Millis(new CountDownLatch(1))).isFalse();
          return new Upstream.Delivery.NoReply(new UpstreamFailure.Unreachable("gone"));
        };
    Reply reply = call("{\"model\":\"org/model:7b\"}");
    long millis = Long.parseLong(reply.header("openai-processing-ms").orElseThrow());
    long overheadMicros = Long.parseLong(reply.header("x-modelgate-overhead-us").orElseThrow());
    assertThat(millis * 1000 - overheadMicros).isGreaterThan(290_000);
  }

  @Test
  void relaysABackendsRateLimitWithItsRetryAfter() throws IOException {
    upstream.play =
        (_, _) ->
            new Upstream.Delivery.NoReply(
                new UpstreamFailure.Rejected(
                    429, new UpstreamError("slow down", null, null, null), "7"));
    Reply reply = call("{\"model\":\"org/model:7b\"}");
    assertThat(reply.status()).isEqualTo(429);
    assertThat(reply.header("retry-after")).contains("7");
    assertThat(error(reply, "code")).isEqualTo("rate_limit_exceeded");
  }

  @Test
  void refusesAKeyThatHasUsedUpItsQuotaAndAsksNotToRetry() throws IOException {
    keys.change(
        new KeyId("key_1"), key -> key.on(terms -> terms.withQuota(TokenQuota.of(10))), DEED);
    spend(10);
    Reply reply = call("{\"model\":\"org/model:7b\"}");
    assertThat(reply.status()).isEqualTo(429);
    assertThat(error(reply, "code")).isEqualTo("insufficient_quota");
    assertThat(reply.header("x-should-retry")).contains("false");
    assertThat(reply.header("retry-after")).isEmpty();
    assertThat(upstream.calls).hasValue(0);
  }

  @Test
  void tellsWhenARefusedCallerMayComeAgain() throws IOException {
    limits.next(
        new Limits.Verdict.Limited(
            new RateBreach(
                RateBreach.Rule.REQUESTS, 3, 3, Duration.ofNanos(19_000_000_001L), MINUTE),
            new LimitStanding(new Allowance(3, 0, MINUTE), new Allowance(9000, 120, null), 0)));

    Reply reply = call("{\"model\":\"org/model:7b\"}");

    assertThat(reply.status()).isEqualTo(429);
    assertThat(error(reply, "code")).isEqualTo("rate_limit_exceeded");
    assertThat(error(reply, "message"))
        .isEqualTo(
            "Rate limit reached for requests per minute (rpm): limit 3, used 3. Please try again in 19.001s; the limit is whole again in 1m0s.");
    assertThat(reply.header("retry-after")).contains("20");
    assertThat(reply.header("retry-after-ms")).contains("19001");
    assertThat(reply.header("x-should-retry")).isEmpty();
    assertThat(reply.header("x-ratelimit-limit-requests")).contains("3");
    assertThat(reply.header("x-ratelimit-remaining-requests")).contains("0");
    assertThat(reply.header("x-ratelimit-reset-requests")).contains("1m0s");
    assertThat(reply.header("x-ratelimit-limit-tokens")).contains("9000");
    assertThat(reply.header("x-ratelimit-remaining-tokens")).contains("120");
    assertThat(reply.header("x-ratelimit-reset-tokens")).isEmpty();
  }

  @Test
  void asksACallerWhoMayNeverCallNotToRetry() throws IOException {
    limits.next(
        new Limits.Verdict.Limited(
            new RateBreach(RateBreach.Rule.CONCURRENCY, 0, 0, null, Duration.ZERO),
            LimitStanding.UNLIMITED));

    Reply reply = call("{\"model\":\"org/model:7b\"}");

    assertThat(reply.status()).isEqualTo(429);
    assertThat(reply.header("retry-after")).isEmpty();
    assertThat(reply.header("x-should-retry")).contains("false");
  }

  @Test
  void answers503WhenLimitsCannotBeTold() throws IOException {
    limits.next(new Limits.Verdict.Unavailable());

    Reply reply = call("{\"model\":\"org/model:7b\"}");

    assertThat(reply.status()).isEqualTo(503);
    assertThat(error(reply, "code")).isEqualTo("limits_unavailable");
    assertThat(reply.header("retry-after")).contains("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/models", "/v1/models/nobody", "/v1/usage"})
  void tellsWhatIsLeftWithEveryReply(String path) throws IOException {
    limits.standing = new LimitStanding(new Allowance(60, 59, Duration.ofMillis(1)), null, 0);
    keys.change(
        new KeyId("key_1"), key -> key.on(terms -> terms.withQuota(TokenQuota.of(10))), DEED);

    Reply reply = get(path);

    assertThat(reply.header("x-ratelimit-limit-requests")).contains("60");
    assertThat(reply.header("x-ratelimit-remaining-requests")).contains("59");
    assertThat(reply.header("x-ratelimit-reset-requests")).contains("1ms");
    assertThat(reply.header("x-ratelimit-limit-tokens")).contains("10");
    assertThat(reply.header("x-ratelimit-remaining-tokens")).contains("10");
  }

  @Test
  void tellsWhatIsLeftWithARequestThatIsWrong() throws IOException {
    limits.standing = new LimitStanding(new Allowance(60, 59, Duration.ofMillis(1)), null, 0);

    Reply reply = call("{");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.header("x-ratelimit-remaining-requests")).contains("59");
  }

  @Test
  void showsAKeyItsUsage() throws IOException {
    keys.change(
        new KeyId("key_1"),
        key ->
            key.on(terms -> terms.withQuota(new TokenQuota(100L, QuotaPeriod.DAY)))
                .on(terms -> terms.withLimits(new RateLimits(60L, null, null, 4L))),
        DEED);
    spend(30);
    history =
        (_, from) ->
            from.equals(Instant.parse("2026-11-22T00:00:00Z"))
                ? List.of(new ModelUse("a", 2, 10, 15), new ModelUse("b", 1, 2, 3))
                : List.of();

    assertThat(json(get("/v1/usage")))
        .hasToString(
            "{\"quota\":{\"limit\":100,\"used\":30,\"reserved\":0,\"left\":70,\"period\":\"day\","
                + "\"resets_at\":\"2026-11-23T00:00:00Z\"},"
                + "\"limits\":{\"rpm\":60,\"burst\":60,\"tpm\":null,\"max_concurrent\":4},"
                + "\"today\":{\"requests\":3,\"prompt_tokens\":12,\"completion_tokens\":18,\"total_tokens\":30},"
                + "\"period\":["
                + "{\"model\":\"a\",\"requests\":2,\"prompt_tokens\":10,\"completion_tokens\":15,\"total_tokens\":25},"
                + "{\"model\":\"b\",\"requests\":1,\"prompt_tokens\":2,\"completion_tokens\":3,\"total_tokens\":5}]}");
  }

  @Test
  void saysSoWhenUsageCannotBeRead() throws IOException {
    history =
        (_, _) -> {
          throw new StoreUnavailable("reading usage", new IOException("disk gone"));
        };

    assertThat(get("/v1/usage").status()).isEqualTo(503);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/chat/completions, POST",
    "DELETE, /v1/usage, 'GET, HEAD'",
    "PUT, /v1/completions, POST",
    "POST, /v1/models, 'GET, HEAD'",
    "DELETE, /v1/models/a/b, 'GET, HEAD'",
    "POST, /health, 'GET, HEAD'"
  })
  void namesTheMethodsThatWouldDo(String method, String path, String allowed) throws IOException {
    client.send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    Reply reply = client.reply();
    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.header("allow")).contains(allowed);
  }

  private static ApiKey key(
      String id, String secret, boolean enabled, @Nullable Instant expires, TokenQuota quota) {
    return new ApiKey(
        new KeyId(id),
        KeySecret.of(secret),
        KeyTerms.unlimited("test").withQuota(quota).withEnabled(enabled).withExpiry(expires),
        NOW,
        NOW);
  }

  private static ModelRoute route(String name, BackendKind kind, boolean enabled) {
    return new ModelRoute(
        new ModelId("mdl_" + name.hashCode()),
        new ModelName(name),
        List.of(new Target(kind, null, null, null)),
        List.of(),
        null,
        null,
        null,
        enabled,
        NOW,
        NOW);
  }

  private static Metered told(long prompt, long completion) {
    return new TokenUsage(prompt, completion).by(UsageSource.UPSTREAM);
  }

  private long used() {
    return quotas.standing(new KeyId("key_1"), TokenQuota.UNLIMITED, NOW).used();
  }

  private void spend(long tokens) {
    quotas.charge(new KeyId("key_1"), tokens, NOW);
  }

  private Reply get(String path) throws IOException {
    return client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + auth() + "\r\n").reply();
  }

  private Reply call(String body) throws IOException {
    return post("/v1/chat/completions", auth(), body);
  }

  private Reply post(String path, String headers, String body) throws IOException {
    return client.send(request(path, headers, body)).reply();
  }

  private static byte[] request(String path, String headers, String body) {
    byte[] entity = bytes(body);
    return concat(
        bytes(
            "POST "
                + path
                + " HTTP/1.1\r\nHost: x\r\n"
                + headers
                + "Content-Length: "
                + entity.length
                + "\r\n\r\n"),
        entity);
  }

  private static String auth() {
    return "Authorization: Bearer " + SECRET + "\r\n";
  }

  private static JsonNode json(Reply reply) throws IOException {
    assertThat(reply.status()).isEqualTo(200);
    return new ObjectMapper().readTree(reply.body());
  }

  private static String error(Reply reply, String field) throws IOException {
    JsonNode error = new ObjectMapper().readTree(reply.body()).get("error");
    assertThat(error.fieldNames())
        .toIterable()
        .containsExactly("message", "type", "param", "code", "status");
    assertThat(error.get("status").asInt()).isEqualTo(reply.status());
    return error.get(field).asText();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static boolean endsWithin300Millis(CountDownLatch never) {
    try {
      return never.await(300, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Serves vLLM and does with each call what the test says. */
  private static final class PlayingUpstream implements Upstream {
    private final AtomicInteger calls = new AtomicInteger();
    private volatile BiFunction<ChatCall, ReplySink, Delivery> play =
        (_, _) -> new Delivery.NoReply(new UpstreamFailure.Unreachable("nothing to play"));

    @Override
    public Set<BackendKind> kinds() {
      return Set.of(BackendKind.VLLM);
    }

    @Override
    public List<Destination> destinations(ModelName asked, ModelRoute route) {
      return List.of(Destination.first(route));
    }

    @Override
    public OutputDemand demand(Destination to, ChatCall call) {
      return new OutputDemand(1, null);
    }

    @Override
    public Duration patience(ModelRoute route) {
      return Duration.ofMinutes(1);
    }

    @Override
    public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink) {
      calls.incrementAndGet();
      return play.apply(call, sink);
    }
  }
}
