package io.modelgate.infrastructure.admin;

import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.store.SqlStore;
import io.modelgate.infrastructure.store.StoreSettings;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Usage, the log of calls and the overview, over a real store. It is noon on 22 November 2026. */
class AdminUsageTest {
  private static final String API = "/admin/api";
  private static final String XSS = "<script>alert('1')</script>";

  @TempDir private Path directory;
  private SqlStore store;
  private AdminServer server;

  @BeforeEach
  void start() {
    store =
        SqlStore.open(
            new StoreSettings(
                directory.resolve("modelgate.db"), null, new SettableClock(Samples.NOON)));
    server =
        AdminServer.start(
            new AdminApi.Usage(store.usageReports(), store.callRecords(), store.auditTrail()));
    server.keys.add(Samples.aKey("key_1", "sk-mg-1"), DEED);
  }

  @AfterEach
  void stop() {
    server.close();
    store.close();
  }

  private void call(String key, String model, Instant time, long prompt, long completion) {
    call(key, model, time, prompt, completion, Ending.COMPLETED);
  }

  private void call(
      String key, String model, Instant time, long prompt, long completion, Ending ending) {
    var verdict =
        store
            .quotas()
            .reserve(new KeyId(key), TokenQuota.UNLIMITED, new TokenDemand(1, 1, 1), time);
    ((Verdict.Reserved) verdict)
        .reservation()
        .settle(
            new UsageRecord(
                time,
                "req_" + prompt,
                new KeyId(key),
                model,
                "up/" + model,
                BackendKind.VLLM,
                Endpoint.CHAT_COMPLETIONS,
                new TokenUsage(prompt, completion, 1, 1).by(UsageSource.UPSTREAM),
                ending,
                ending == Ending.COMPLETED ? 200 : 504,
                true,
                Duration.ofMillis(100),
                Duration.ofMillis(1_500)));
  }

  private JsonNode get(String path) {
    var reply = server.get(API + path);
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    return reply.json();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static List<String> texts(JsonNode array, String field) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(node -> node.path(field).asText())
        .toList();
  }

  @Test
  void theLastDayIsToldByTheHourUnlessAskedOtherwise() {
    call("key_1", "small", Samples.NOON.minusSeconds(60), 10, 5);
    call("key_1", "small", Samples.NOON.minus(Duration.ofHours(25)), 1_000, 0);

    JsonNode usage = get("/usage");

    assertThat(usage.path("from").asText()).isEqualTo("2026-11-21T12:00:00Z");
    assertThat(usage.path("to").asText()).isEqualTo("2026-11-22T12:00:00Z");
    assertThat(usage.path("interval").asText()).isEqualTo("hour");
    assertThat(usage.path("time_zone").asText()).isEqualTo("UTC");
    assertThat(usage.path("series")).hasSize(24);
    assertThat(usage.path("totals").toString())
        .isEqualTo(
            "{\"requests\":1,\"errors\":0,\"refused\":0,\"prompt_tokens\":10,"
                + "\"completion_tokens\":5,\"total_tokens\":15,\"cached_tokens\":1,"
                + "\"reasoning_tokens\":1}");
    assertThat(usage.path("groups")).isEmpty();
  }

  @Test
  void daysAreThoseOfTheTimeZoneAlsoWhenItsClocksChange() {
    // In Berlin the 25th of October has 25 hours, from 22:00Z to 23:00Z.
    call("key_1", "small", Instant.parse("2026-10-24T21:59:59Z"), 1, 0);
    call("key_1", "small", Instant.parse("2026-10-24T22:00:00Z"), 20, 0);
    call("key_1", "small", Instant.parse("2026-10-25T22:59:59Z"), 300, 0);
    call("key_1", "small", Instant.parse("2026-10-25T23:00:00Z"), 4_000, 0);

    JsonNode berlin =
        get("/usage?from=2026-10-24&to=2026-10-26&interval=day&time_zone=Europe/Berlin");
    JsonNode india =
        get("/usage?from=2026-10-24&to=2026-10-26&interval=day&time_zone=Asia/Kolkata");

    assertThat(texts(berlin.path("series"), "time"))
        .containsExactly("2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    assertThat(texts(berlin.path("series"), "prompt_tokens")).containsExactly("1", "320", "4000");
    assertThat(texts(india.path("series"), "prompt_tokens")).containsExactly("0", "21", "4300");
  }

  @Test
  void groupsHaveTheirOwnPointsAndTheSmallerOnesShareTheirs() {
    for (int i = 1; i <= 12; i++) {
      call("key_" + i, "m" + i, Samples.NOON.minusSeconds(60), 100L * i, 0);
    }

    JsonNode usage = get("/usage?group_by=key&from=2026-11-22&interval=day");

    assertThat(texts(usage.path("groups"), "group")).hasSize(12).startsWith("key_12", "key_11");
    assertThat(usage.path("groups").get(11).path("name").asText()).isEqualTo("the key key_1");
    assertThat(usage.path("groups").get(0).path("name").asText()).isEqualTo("deleted key");
    assertThat(texts(usage.path("series"), "group")).hasSize(11).endsWith("other");
    assertThat(usage.path("series").get(10).path("prompt_tokens").asLong()).isEqualTo(300);
    assertThat(texts(get("/usage?group_by=model&model=m3").path("groups"), "group"))
        .containsExactly("m3");
  }

  @ParameterizedTest
  @CsvSource({
    "from=2026-11-22&to=2026-11-21, from",
    "from=2026-11-22T12:00:00Z&to=2026-11-22T12:00:00Z, from",
    "from=yesterday, from",
    "from=1969-12-31, from",
    "to=10000-01-01, to",
    "time_zone=Mars/Olympus, time_zone",
    "interval=week, interval",
    "interval=hour&from=2026-01-01, interval",
    "from=1990-01-01, from",
    "group_by=user, group_by",
    "backend=nobody, backend",
    "key=, key",
    "model=a&model=b, model",
    "colour=red, colour",
  })
  void whatMakesNoSenseIsRefusedWithItsName(String query, String parameter) {
    for (String path : List.of("/usage?", "/usage.csv?")) {
      var reply = server.get(API + path + query);

      assertThat(reply.status()).as(path + query).isEqualTo(400);
      assertThat(reply.error().path("param").asText()).isEqualTo(parameter);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "status=600, status",
    "status=2x, status",
    "outcome=fine, outcome",
    "min_duration_ms=-1, min_duration_ms",
    "min_duration_ms=1.5, min_duration_ms",
    "limit=0, limit",
    "limit=501, limit",
    "after=nonsense, after",
    "after=W10, after",
    "time_zone=UTC, time_zone",
  })
  void aLogThatMakesNoSenseIsRefusedWithItsName(String query, String parameter) {
    var reply = server.get(API + "/requests?" + query);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(parameter);
  }

  @Test
  void theLogIsReadPageByPageWhileCallsCome() {
    for (int i = 1; i <= 5; i++) {
      call("key_1", "small", Samples.NOON.minusSeconds(60 - i), i, 0);
    }
    var found = new ArrayList<String>();
    String after = "";
    do {
      JsonNode page = get("/requests?limit=2" + after);
      found.addAll(texts(page.path("data"), "request_id"));
      after = page.path("next").isNull() ? "" : "&after=" + page.path("next").asText();
      call("key_1", "small", Samples.NOON.minusSeconds(1), 99, 0);
    } while (!after.isEmpty());

    assertThat(found).containsExactly("req_5", "req_4", "req_3", "req_2", "req_1");
  }

  @Test
  void aCallIsToldWithEverythingThatTheContractNames() {
    call("key_1", "small", Samples.NOON.minusSeconds(60), 10, 5);
    JsonNode call = get("/requests?request_id=req_10").path("data").get(0);

    assertThat(call.toString())
        .isEqualTo(
            "{\"id\":\"1\",\"time\":\"2026-11-22T11:59:00Z\",\"request_id\":\"req_10\","
                + "\"key_id\":\"key_1\",\"key_name\":\"the key key_1\",\"model\":\"small\","
                + "\"upstream_model\":\"up/small\",\"backend\":\"vllm\",\"base_url\":null,"
                + "\"endpoint\":\"/v1/chat/completions\",\"stream\":true,\"status\":200,"
                + "\"outcome\":\"completed\",\"refusal\":null,\"usage_source\":\"upstream\","
                + "\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15,"
                + "\"cached_tokens\":1,\"reasoning_tokens\":1,\"time_to_first_byte_ms\":100.0,"
                + "\"duration_ms\":1500.0,\"waited_ms\":0.0,\"failed_attempts\":[]}");
    assertThat(get("/requests/1")).isEqualTo(call);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "0", "-1", "x", "99999999999999999999", "1%27--"})
  void aCallThatThereIsNotIs404(String id) {
    call("key_1", "small", Samples.NOON.minusSeconds(60), 10, 5);

    assertThat(server.get(API + "/requests/" + id).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"key", "model", "request_id"})
  void valuesAreOnlyEverValues(String parameter) {
    call("key_1", XSS, Samples.NOON.minusSeconds(60), 10, 5);
    for (String evil : List.of("x' OR '1'='1", "'; DROP TABLE usage; --", "%", "😀\u0001")) {
      assertThat(get("/requests?" + parameter + "=" + encoded(evil)).path("data")).isEmpty();
    }

    assertThat(get("/requests").path("data")).hasSize(1);
    assertThat(get("/usage?model=" + encoded(XSS)).path("totals").path("requests").asInt())
        .isEqualTo(1);
  }

  @Test
  void aTableOfCallsIsWholeAndNoSpreadsheetRunsIt() {
    call("key_1", "=cmd|' /C calc'!A0", Samples.NOON.minusSeconds(60), 10, 5);
    call("key_1", "a,\"b\"\nc", Samples.NOON.minusSeconds(50), 20, 5);
    for (int i = 0; i < 1_500; i++) {
      call("key_1", "small", Samples.NOON.minusSeconds(40), 30, 5);
    }

    var reply = server.get(API + "/requests.csv");

    assertThat(reply.header("content-type")).isEqualTo("text/csv; charset=utf-8");
    assertThat(reply.header("content-disposition")).startsWith("attachment; filename=");
    assertThat(reply.text().split("\r\n")).hasSize(1 + 1_502);
    assertThat(reply.text())
        .startsWith("id,time,request_id,")
        .contains(",\"a,\"\"b\"\"\nc\",")
        .contains(",'=cmd|' /C calc'!A0,")
        .endsWith("\r\n");
  }

  @Test
  void aTableOfUsageHasALineForEachIntervalAndGroup() {
    call("key_1", "small", Instant.parse("2026-11-20T01:00:00Z"), 10, 5);
    call("key_2", "small", Instant.parse("2026-11-20T01:00:00Z"), 1, 0);
    call("key_2", "small", Instant.parse("2026-11-21T01:00:00Z"), 1, 0, Ending.TIMED_OUT);

    String range = "?from=2026-11-20&to=2026-11-22&interval=day";

    assertThat(server.get(API + "/usage.csv" + range).text().split("\r\n"))
        .containsExactly(
            "time,requests,errors,refused,prompt_tokens,completion_tokens,total_tokens,"
                + "cached_tokens,reasoning_tokens",
            "2026-11-20T00:00:00Z,2,0,0,11,5,16,2,1",
            "2026-11-21T00:00:00Z,1,1,0,1,0,1,1,0",
            "2026-11-22T00:00:00Z,0,0,0,0,0,0,0,0");
    assertThat(server.get(API + "/usage.csv" + range + "&group_by=key").text().split("\r\n"))
        .containsExactly(
            "time,group,name,requests,errors,refused,prompt_tokens,completion_tokens,"
                + "total_tokens,cached_tokens,reasoning_tokens",
            "2026-11-20T00:00:00Z,key_1,the key key_1,1,0,0,10,5,15,1,1",
            "2026-11-20T00:00:00Z,key_2,deleted key,1,0,0,1,0,1,1,0",
            "2026-11-21T00:00:00Z,key_2,deleted key,1,1,0,1,0,1,1,0");
  }

  private void addKey(String id, long quota) {
    server.keys.add(
        Samples.aKey(id, "sk-mg-of-" + id).on(terms -> terms.withQuota(TokenQuota.of(quota))),
        DEED);
  }

  @Test
  void theOverviewTellsWhoNeedsALook() {
    addKey("key_full", 100);
    addKey("key_half", 100);
    addKey("key_none", 0);
    server.quotas.charge(new KeyId("key_full"), 80, Samples.NOON);
    server.quotas.charge(new KeyId("key_half"), 79, Samples.NOON);
    call("key_1", "small", Samples.NOON.minusSeconds(60), 10, 5);

    JsonNode overview = get("/overview");

    assertThat(texts(overview.path("exhausting_keys"), "id")).containsExactly("key_full");
    assertThat(texts(overview.path("top_keys"), "name")).containsExactly("the key key_1");
    assertThat(texts(overview.path("top_models"), "group")).containsExactly("small");
    assertThat(overview.path("time_to_first_token_ms").path("p50").asDouble())
        .isBetween(90.0, 110.0);
    assertThat(overview.path("in_flight").isInt()).isTrue();
    assertThat(
            get("/overview?from=2026-01-01&to=2026-01-02")
                .path("time_to_first_token_ms")
                .path("p95")
                .isNull())
        .isTrue();
  }
}
