package io.modelgate.infrastructure.admin;

import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.Samples;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminKeysTest {
  private static final String KEYS = "/admin/api/keys";

  @AutoClose private final AdminServer server = AdminServer.start();

  @Test
  void issuesAKeyAndShowsItOnce() {
    var reply = server.post(KEYS, "{\"name\":\"alice\"}");

    assertThat(reply.status()).isEqualTo(201);
    JsonNode issued = reply.json();
    String secret = issued.path("key").asText();
    assertThat(secret).matches("sk-mg-[A-Za-z0-9_-]{43}");
    assertThat(issued.path("id").asText()).matches("key_[0-9a-f]{24}");
    assertThat(issued.path("key_prefix").asText()).isEqualTo(secret.substring(0, 10));
    assertThat(reply.header("location")).isEqualTo(KEYS + "/" + issued.path("id").asText());

    String shown = server.get(reply.header("location")).text();
    String listed = server.get(KEYS).text();
    assertThat(shown).contains("alice").doesNotContain("\"key\"").doesNotContain(secret);
    assertThat(listed).contains("alice").doesNotContain("\"key\"").doesNotContain(secret);
    assertThat(listed).doesNotContainIgnoringCase("hash");
    assertThat(server.keys.byHash(SecretHash.of(secret))).isPresent();
  }

  @Test
  void showsEveryFieldOfAKeyEvenWhenItIsNull() {
    JsonNode issued = server.post(KEYS, "{\"name\":\"alice\",\"quota_tokens\":null}").json();
    server.quotas.charge(new KeyId(issued.path("id").asText()), 12, server.clock.instant());

    JsonNode key = server.get(KEYS + "/" + issued.path("id").asText()).json();

    assertThat(key.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "id",
            "name",
            "note",
            "key_prefix",
            "status",
            "enabled",
            "expired",
            "built_in",
            "tier",
            "rpm",
            "burst",
            "tpm",
            "max_concurrent",
            "quota_tokens",
            "quota_period",
            "used_tokens",
            "reserved_tokens",
            "quota_resets_at",
            "default_model",
            "old_works_until",
            "expires_at",
            "last_used_at",
            "created_at",
            "updated_at",
            "allowed_models",
            "allowed_ips");
    assertThat(key.path("status").asText()).isEqualTo("active");
    assertThat(key.path("quota_tokens").isNull()).isTrue();
    assertThat(key.path("used_tokens").asLong()).isEqualTo(12);
    assertThat(key.path("expires_at").isNull()).isTrue();
    assertThat(key.path("created_at").asText()).isEqualTo("2026-11-22T12:00:00Z");
    assertThat(key.path("updated_at").asText()).isEqualTo("2026-11-22T12:00:00Z");
  }

  @Test
  void listsKeysOldestFirst() {
    server.post(KEYS, "{\"name\":\"first\"}");
    server.clock.advance(Duration.ofMillis(1));
    server.post(KEYS, "{\"name\":\"second\"}");

    assertThat(server.get(KEYS).json().path("data"))
        .extracting(key -> key.path("name").asText())
        .containsExactly("first", "second");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "unlimited",
      value = {
        "{\"name\":\"a\"}                                    | 1000000",
        "{\"name\":\"a\",\"quota_tokens\":null}              | unlimited",
        "{\"name\":\"a\",\"quota_tokens\":0}                 | 0",
        "{\"name\":\"a\",\"quota_tokens\":1.0}               | 1",
        "{\"name\":\"a\",\"quota_tokens\":25e1}              | 250",
        "{\"name\":\"a\",\"quota_tokens\":9007199254740991}  | 9007199254740991"
      })
  void takesAQuotaOrTheDefault(String body, Long limit) {
    assertThat(server.post(KEYS, body).status()).isEqualTo(201);

    assertThat(server.keys.all())
        .extracting(key -> key.terms().quota())
        .containsExactly(new TokenQuota(limit, QuotaPeriod.TOTAL));
  }

  @Test
  void givesAKeyTheDefaultLimitsOrThoseItNames() {
    JsonNode byDefault = server.post(KEYS, "{\"name\":\"a\"}").json();
    JsonNode named =
        server
            .post(
                KEYS,
                "{\"name\":\"b\",\"rpm\":3,\"tpm\":1000,\"max_concurrent\":0,\"quota_period\":\"week\"}")
            .json();
    JsonNode unlimited = server.post(KEYS, "{\"name\":\"c\",\"rpm\":null,\"burst\":7}").json();

    assertThat(byDefault.path("rpm").asLong()).isEqualTo(60);
    assertThat(byDefault.path("burst").asLong()).isEqualTo(60);
    assertThat(byDefault.path("tpm").isNull()).isTrue();
    assertThat(byDefault.path("max_concurrent").isNull()).isTrue();
    assertThat(byDefault.path("quota_period").asText()).isEqualTo("total");
    assertThat(named.path("burst").asLong()).as("as many as rpm").isEqualTo(3);
    assertThat(named.path("tpm").asLong()).isEqualTo(1000);
    assertThat(named.path("max_concurrent").asLong(-1)).isZero();
    assertThat(named.path("quota_period").asText()).isEqualTo("week");
    assertThat(named.path("quota_resets_at").asText()).isEqualTo("2026-11-23T00:00:00Z");
    assertThat(unlimited.path("rpm").isNull()).isTrue();
  }

  @Test
  void changesOneLimitAndLeavesTheOthers() {
    String path = issue("{\"name\":\"a\",\"rpm\":3,\"tpm\":1000,\"quota_tokens\":5}");

    JsonNode faster = server.patch(path, "{\"rpm\":600,\"quota_period\":\"day\"}").json();

    assertThat(faster.path("rpm").asLong()).isEqualTo(600);
    assertThat(faster.path("burst").asLong()).as("follows rpm").isEqualTo(600);
    assertThat(faster.path("tpm").asLong()).isEqualTo(1000);
    assertThat(faster.path("quota_tokens").asLong()).isEqualTo(5);
    assertThat(faster.path("quota_period").asText()).isEqualTo("day");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rpm            | -1          | 0 to 1000000",
        "rpm            | 1000001     | 0 to 1000000",
        "burst          | 0.5         | 0 to 1000000",
        "burst          | \"3\"     | 0 to 1000000",
        "tpm            | 1e99        | 0 to 1000000000",
        "tpm            | true        | 0 to 1000000000",
        "max_concurrent | []          | 0 to 1000000",
        "max_concurrent | 1000001     | 0 to 1000000",
        "quota_period   | \"year\"  | total, day, week, month",
        "quota_period   | null        | total, day, week, month"
      })
  void refusesALimitThatIsNone(String field, String value, String range) {
    var reply = server.post(KEYS, "{\"name\":\"a\",\"" + field + "\":" + value + "}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(field);
    assertThat(reply.error().path("message").asText()).contains("'" + field + "'", range);
    assertThat(server.keys.all()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1",
        "1.5",
        "\"5\"",
        "true",
        "[]",
        "{}",
        "9007199254740992",
        "1e999999999",
        "1e-999999999"
      })
  void refusesAQuotaThatIsNoCount(String quota) {
    var reply = server.post(KEYS, "{\"name\":\"a\",\"quota_tokens\":" + quota + "}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("quota_tokens");
    assertThat(reply.error().path("message").asText()).contains("0 to 9007199254740991");
    assertThat(server.keys.all()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2030-01-02T03:04:05Z             | 2030-01-02T03:04:05Z",
        "2030-01-02T03:04:05.123456Z      | 2030-01-02T03:04:05.123Z",
        "2030-01-02T03:04:05+02:00        | 2030-01-02T01:04:05Z",
        "2030-01-02t03:04:05.5-00:30      | 2030-01-02T03:34:05.500Z"
      })
  void readsTimesAsPeopleWriteThem(String written, String shown) {
    var reply = server.post(KEYS, "{\"name\":\"a\",\"expires_at\":\"" + written + "\"}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.json().path("expires_at").asText()).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"tomorrow\"",
        "\"2030-01-02\"",
        "\"2030-01-02T03:04:05\"",
        "\"2030-02-30T03:04:05Z\"",
        "\"+12030-01-02T03:04:05Z\"",
        "\"\"",
        "1893456000",
        "true",
        "[]",
        "\"2026-11-22T12:00:00Z\"",
        "\"2020-01-01T00:00:00Z\""
      })
  void refusesAnExpiryThatIsNoTimeToCome(String expiry) {
    var reply = server.post(KEYS, "{\"name\":\"a\",\"expires_at\":" + expiry + "}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("expires_at");
    assertThat(server.keys.all()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"name\":null}",
        "{\"name\":5}",
        "{\"name\":\"\"}",
        "{\"name\":\"  \"}",
        "{\"name\":\"two\\nlines\"}",
        "{\"name\":\"half a pair \\ud83d\"}",
        "{\"name\":[\"a\"]}"
      })
  void refusesAKeyWithoutAProperName(String body) {
    var reply = server.post(KEYS, body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("name");
    assertThat(server.keys.all()).isEmpty();
  }

  @Test
  void takesANameOf200CharactersAndNoLonger() {
    assertThat(server.post(KEYS, "{\"name\":\"" + "ä".repeat(200) + "\"}").status()).isEqualTo(201);
    assertThat(server.post(KEYS, "{\"name\":\"" + "ä".repeat(201) + "\"}").status()).isEqualTo(400);
  }

  @Test
  void namesAnUnknownFieldAndThoseThatAreAllowed() {
    var reply = server.post(KEYS, "{\"name\":\"a\",\"expire_at\":null}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("expire_at");
    assertThat(reply.error().path("message").asText())
        .contains(
            "'expire_at'",
            "name, note, expires_at, quota_tokens, quota_period, rpm, burst, tpm, max_concurrent,"
                + " allowed_models, default_model, allowed_ips, tier, enabled, status");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"name\":\"a\"}                                           | active",
        "{\"name\":\"a\",\"status\":\"disabled\"}                   | disabled",
        "{\"name\":\"a\",\"enabled\":false}                         | disabled",
        "{\"name\":\"a\",\"enabled\":true,\"status\":\"active\"}    | active",
        "{\"name\":\"a\",\"enabled\":false,\"status\":\"disabled\"} | disabled"
      })
  void canBeBornDisabled(String body, String status) {
    assertThat(server.post(KEYS, body).json().path("status").asText()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"name\":\"a\",\"status\":\"on\"}                       | status",
        "{\"name\":\"a\",\"status\":null}                         | status",
        "{\"name\":\"a\",\"status\":true}                         | status",
        "{\"name\":\"a\",\"enabled\":\"true\"}                    | enabled",
        "{\"name\":\"a\",\"enabled\":0}                           | enabled",
        "{\"name\":\"a\",\"enabled\":null}                        | enabled",
        "{\"name\":\"a\",\"enabled\":true,\"status\":\"disabled\"}| status"
      })
  void refusesAnUnclearStatus(String body, String param) {
    var reply = server.post(KEYS, body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(param);
    assertThat(server.keys.all()).isEmpty();
  }

  @Test
  void changesOnlyWhatIsSaid() {
    String path =
        issue("{\"name\":\"a\",\"quota_tokens\":5,\"expires_at\":\"2030-01-01T00:00:00Z\"}");
    JsonNode before = server.get(path).json();
    server.clock.advance(Duration.ofSeconds(90));

    var reply = server.patch(path, "{\"name\":\"b\"}");

    assertThat(reply.status()).isEqualTo(200);
    JsonNode after = reply.json();
    assertThat(after.path("name").asText()).isEqualTo("b");
    assertThat(after.path("updated_at").asText()).isEqualTo("2026-11-22T12:01:30Z");
    for (String unchanged :
        new String[] {"id", "key_prefix", "status", "quota_tokens", "expires_at", "created_at"}) {
      assertThat(after.path(unchanged)).as(unchanged).isEqualTo(before.path(unchanged));
    }
    assertThat(server.get(path).json()).isEqualTo(after);
  }

  @Test
  void clearsWithNullAndSetsZeroAndFalse() {
    String path =
        issue("{\"name\":\"a\",\"quota_tokens\":5,\"expires_at\":\"2030-01-01T00:00:00Z\"}");

    JsonNode cleared = server.patch(path, "{\"quota_tokens\":null,\"expires_at\":null}").json();
    JsonNode zeroed = server.patch(path, "{\"quota_tokens\":0,\"enabled\":false}").json();

    assertThat(cleared.path("quota_tokens").isNull()).isTrue();
    assertThat(cleared.path("expires_at").isNull()).isTrue();
    assertThat(zeroed.path("quota_tokens").asLong(-1)).isZero();
    assertThat(zeroed.path("status").asText()).isEqualTo("disabled");
  }

  @Test
  void canMakeAKeyExpireAtOnce() {
    String path = issue("{\"name\":\"a\"}");

    var reply = server.patch(path, "{\"expires_at\":\"2026-11-22T11:59:59Z\"}");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(server.keys.all())
        .extracting(key -> key.standing(Samples.NOON))
        .containsExactly(ApiKey.Standing.EXPIRED);
  }

  @Test
  void changesNothingWhenOneFieldIsWrong() {
    String path = issue("{\"name\":\"a\"}");
    String before = server.get(path).text();

    var reply = server.patch(path, "{\"name\":\"b\",\"quota_tokens\":-1}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(server.get(path).text()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"key", "key_prefix", "id", "created_at", "used_tokens", "hash"})
  void cannotBeToldWhatOnlyTheGatewayKnows(String field) {
    String path = issue("{\"name\":\"a\"}");

    var reply = server.patch(path, "{\"" + field + "\":\"x\"}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(field);
  }

  @Test
  void takesAnEmptyChange() {
    assertThat(server.patch(issue("{\"name\":\"a\"}"), "{}").status()).isEqualTo(200);
  }

  @Test
  void removesAKeyForGood() {
    String path = issue("{\"name\":\"a\"}");

    var reply = server.delete(path);

    assertThat(reply.status()).isEqualTo(204);
    assertThat(reply.text()).isEmpty();
    assertThat(server.get(path).status()).isEqualTo(404);
    assertThat(server.delete(path).status()).isEqualTo(404);
    assertThat(server.keys.all()).isEmpty();
  }

  @Test
  void saysSoWhenThereIsNoSuchKey() {
    for (String id : new String[] {"key_none", "x".repeat(65), "a%2Fb", "%20"}) {
      assertThat(server.get(KEYS + "/" + id).status()).as(id).isEqualTo(404);
    }
    assertThat(server.patch(KEYS + "/key_none", "{}").status()).isEqualTo(404);
    assertThat(server.patch(KEYS + "/key_none", "{}").error().path("code").asText())
        .isEqualTo("key_not_found");
    assertThat(server.delete(KEYS + "/key_none").status()).isEqualTo(404);
  }

  @Test
  void saysSoWhenTheStoreIsGone() {
    var keys = new InMemoryApiKeys();
    keys.add(Samples.aKey("key_1", "sk-mg-secret"), DEED);
    try (var broken = AdminServer.startOnAFullDisk(keys, new InMemoryModelRoutes())) {
      var reply = broken.post(KEYS, "{\"name\":\"a\"}");

      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.error().path("type").asText()).isEqualTo("server_error");
      assertThat(reply.text()).doesNotContain("disk", "Exception", "sk-mg");
      assertThat(broken.patch(KEYS + "/key_1", "{}").status()).isEqualTo(503);
      assertThat(broken.delete(KEYS + "/key_1").status()).isEqualTo(503);
      assertThat(broken.get(KEYS + "/key_1").status()).isEqualTo(200);
    }
  }

  private String issue(String body) {
    var reply = server.post(KEYS, body);
    assertThat(reply.status()).isEqualTo(201);
    return reply.header("location");
  }
}
