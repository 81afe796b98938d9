package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done with many keys, and with keys that are in use. */
class ManagedKeysTest {
  private static final String KEYS = "/admin/api/keys";

  @AutoClose private final AdminServer server = AdminServer.start();

  private JsonNode create(String fields) {
    server.clock.advance(Duration.ofMillis(1));
    var reply = server.post(KEYS, "{" + fields + "}");
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return reply.json();
  }

  private String id(String name) {
    return create("\"name\":\"" + name + "\"").path("id").asText();
  }

  private List<String> names(String query) {
    var reply = server.get(KEYS + query);
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    var names = new ArrayList<String>();
    reply.json().path("data").forEach(key -> names.add(key.path("name").asText()));
    return names;
  }

  private boolean isKnown(String secret) {
    return server
        .keys
        .byHash(SecretHash.of(secret))
        .filter(key -> key.secret().accepts(SecretHash.of(secret), server.clock.instant()))
        .isPresent();
  }

  @Test
  void whatIsSaidOfAKeyIsShown() {
    JsonNode key =
        create(
            """
            "name":"full","note":"two\\nlines","tier":"paid","default_model":"llama3:8b",\
            "allowed_models":["llama*","gpt-4o"],"allowed_ips":["10.0.0.0/8","::1"]\
            """);

    assertThat(key.path("note").asText()).isEqualTo("two\nlines");
    assertThat(key.path("allowed_models")).hasToString("[\"llama*\",\"gpt-4o\"]");
    assertThat(key.path("allowed_ips")).hasToString("[\"10.0.0.0/8\",\"0:0:0:0:0:0:0:1/128\"]");
    assertThat(key.path("default_model").asText()).isEqualTo("llama3:8b");
    var cleared =
        server.patch(
            KEYS + "/" + key.path("id").asText(),
            "{\"note\":null,\"allowed_models\":null,\"allowed_ips\":null,\"default_model\":null}");
    assertThat(cleared.json().path("allowed_models").isNull()).isTrue();
    assertThat(cleared.json().path("note").isNull()).isTrue();
    assertThat(cleared.json().path("tier").asText()).isEqualTo("paid");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"allowed_models\":[]",
        "\"allowed_models\":\"llama\"",
        "\"allowed_models\":[\"with space\"]",
        "\"allowed_models\":[null]",
        "\"allowed_ips\":[\"10.0.0.0/33\"]",
        "\"allowed_ips\":[\"localhost\"]",
        "\"allowed_ips\":[10]",
        "\"default_model\":\"\"",
        "\"note\":\"\"",
        "\"note\":\"\\u0007\""
      })
  void whatMakesNoSenseIsRefusedByName(String field) {
    var reply = server.post(KEYS, "{\"name\":\"a\"," + field + "}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(field).contains("\"" + reply.error().path("param").asText() + "\"");
    assertThat(server.keys.all()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allowed_ips|[\"10.0.0.0/8\",\"10.0.0.0/8\",\" 10.0.0.0/33 \"]|[2]|10.0.0.0/33",
        "allowed_ips|[\"10.0.0.1/8\",7]|[1]|a number",
        "allowed_models|[\"gpt-*\",\"with space\",\"also bad\"]|[1]|with space",
        "allowed_models|[\"\\u0007<script>\"]|[0]|<script>",
      })
  void theEntryOfAListThatWillNotDoIsNamed(String field, String list, String place, String text) {
    var reply = server.post(KEYS, "{\"name\":\"a\",\"%s\":%s}".formatted(field, list));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(field);
    assertThat(reply.error().path("message").asText())
        .startsWith("'" + field + place + "' must be ")
        .contains(text)
        .doesNotContain("also bad", "\u0007");
  }

  @Test
  void anEntryOfAListIsRepeatedInPartWhenItIsLong() {
    String lengthy = "x".repeat(10_000) + " ";

    var reply = server.post(KEYS, "{\"name\":\"a\",\"allowed_models\":[\"a " + lengthy + "\"]}");

    assertThat(reply.error().path("message").asText()).endsWith("x…\"").hasSizeLessThan(200);
  }

  @Test
  void aSecretIsRotatedAndTheOldOneWorksForItsGrace() {
    JsonNode key = create("\"name\":\"a\"");
    String before = key.path("key").asText();

    var reply =
        server.post(KEYS + "/" + key.path("id").asText() + "/rotate", "{\"grace\":\"24h\"}");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().path("id")).isEqualTo(key.path("id"));
    assertThat(reply.json().path("old_works_until").asText()).isEqualTo("2026-11-23T12:00:00.001Z");
    assertThat(isKnown(before)).isTrue();
    assertThat(isKnown(reply.json().path("key").asText())).isTrue();
    server.clock.advance(Duration.ofHours(24));
    assertThat(isKnown(before)).isFalse();
    assertThat(isKnown(reply.json().path("key").asText())).isTrue();
  }

  @Test
  void aRotationWithoutGraceEndsTheOldSecretAtOnce() {
    JsonNode key = create("\"name\":\"a\"");

    var reply = server.post(KEYS + "/" + key.path("id").asText() + "/rotate", "{}");

    assertThat(reply.json().path("old_works_until").isNull()).isTrue();
    assertThat(isKnown(key.path("key").asText())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"31d", "-1s", "1", "1w", "", "1.5h"})
  void aGraceHasBounds(String grace) {
    String id = id("a");

    var reply = server.post(KEYS + "/" + id + "/rotate", "{\"grace\":\"" + grace + "\"}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("grace");
  }

  @Test
  void aQuotaIsGivenBack() {
    String id = id("a");
    server.quotas.charge(new KeyId(id), 12, server.clock.instant());

    var reply = server.send("POST", KEYS + "/" + id + "/reset-usage", BodyPublishers.noBody());

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().path("used_tokens").asLong()).isZero();
  }

  @Test
  void manyAreDisabledOrDeletedAtOnce() {
    String a = id("a");
    String b = id("b");
    String c = id("c");
    String both = "\"ids\":[\"%s\",\"key_none\",\"%s\"]".formatted(a, c);

    var disabled = server.post(KEYS + "/bulk", "{" + both + ",\"action\":\"disable\"}").json();

    assertThat(disabled)
        .hasToString("{\"changed\":[\"%s\",\"%s\"],\"missing\":[\"key_none\"]}".formatted(a, c));
    assertThat(names("?status=disabled")).containsExactly("a", "c");
    server.post(KEYS + "/bulk", "{" + both + ",\"action\":\"enable\"}");
    assertThat(names("?status=active")).containsExactly("a", "b", "c");
    server.post(KEYS + "/bulk", "{" + both + ",\"action\":\"delete\"}");
    assertThat(names("")).containsExactly("b");
    assertThat(server.keys.byId(new KeyId(b))).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"ids\":[],\"action\":\"delete\"}|ids",
        "{\"ids\":[1],\"action\":\"delete\"}|ids",
        "{\"action\":\"delete\"}|ids",
        "{\"ids\":[\"a\"],\"action\":\"burn\"}|action",
        "{\"ids\":[\"a\"]}|action",
        "{\"ids\":[\"a\"],\"action\":\"delete\",\"force\":true}|force"
      })
  void aBulkChangeIsReadStrictly(String body, String param) {
    var reply = server.post(KEYS + "/bulk", body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(param);
  }

  @Test
  void nobodyOverwritesWhatTheyHaveNotSeen() {
    String path = KEYS + "/" + id("a");
    String seen = server.get(path).header("etag");

    var mine = change(path, "{\"note\":\"mine\"}", seen);
    var theirs = change(path, "{\"note\":\"theirs\"}", seen);

    assertThat(mine.status()).isEqualTo(200);
    assertThat(mine.header("etag")).isNotEqualTo(seen).matches("\"[0-9a-f]{16}\"");
    assertThat(theirs.status()).isEqualTo(412);
    assertThat(theirs.error().path("code").asText()).isEqualTo("changed_meanwhile");
    assertThat(server.get(path).json().path("note").asText()).isEqualTo("mine");
    assertThat(change(path, "{\"note\":\"theirs\"}", mine.header("etag")).status()).isEqualTo(200);
    assertThat(change(path, "{\"note\":\"any\"}", "*").status()).isEqualTo(200);
    assertThat(server.patch(path, "{\"note\":\"unasked\"}").status()).isEqualTo(200);
  }

  @Test
  void whatChangesNothingIsNoConflictForOthers() {
    String path = KEYS + "/" + id("a");
    String seen = server.get(path).header("etag");

    assertThat(server.patch(path, "{}").header("etag")).isEqualTo(seen);
    assertThat(server.patch(path, "{\"name\":\"a\"}").header("etag")).isEqualTo(seen);
    assertThat(change(path, "{\"note\":\"mine\"}", seen).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\u200b", "\\u00a0", "a\\u202egnp.exe", "\\u2066a", "\\u200d"})
  void aNameIsSeenAndReadAsItIsWritten(String name) {
    var reply = server.post(KEYS, "{\"name\":\"" + name + "\"}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo("name");
  }

  @Test
  void aNameIsTakenWithoutTheSpaceAroundIt() {
    var reply = server.post(KEYS, "{\"name\":\"  crew 👩‍🚀 \"}");

    assertThat(reply.json().path("name").asText()).isEqualTo("crew 👩‍🚀");
  }

  private AdminServer.Reply change(String path, String json, String etag) {
    return server.send(
        server
            .request(path)
            .header("If-Match", etag)
            .method("PATCH", BodyPublishers.ofString(json)));
  }

  @Test
  void areFoundByNameNoteAndTheBeginningOfTheirSecret() {
    JsonNode alice = create("\"name\":\"Alice\",\"note\":\"from Sales\"");
    create("\"name\":\"bob\",\"tier\":\"paid\"");

    assertThat(names("?q=LIC")).containsExactly("Alice");
    assertThat(names("?q=sales")).containsExactly("Alice");
    assertThat(names("?q=" + alice.path("key_prefix").asText())).contains("Alice");
    assertThat(names("?q=" + alice.path("id").asText())).containsExactly("Alice");
    assertThat(names("?tier=paid")).containsExactly("bob");
    assertThat(names("?q=%27%20OR%201%3D1%20--")).isEmpty();
  }

  @Test
  void areSortedBothWays() {
    String a = create("\"name\":\"a\",\"quota_tokens\":100").path("id").asText();
    String c = create("\"name\":\"C\",\"quota_tokens\":10").path("id").asText();
    create("\"name\":\"b\",\"quota_tokens\":null");
    server.quotas.charge(new KeyId(a), 50, server.clock.instant());
    server.quotas.charge(new KeyId(c), 10, server.clock.instant());

    assertThat(names("")).containsExactly("a", "C", "b");
    assertThat(names("?order=desc")).containsExactly("b", "C", "a");
    assertThat(names("?sort=name")).containsExactly("a", "b", "C");
    assertThat(names("?sort=used_tokens&order=desc")).containsExactly("a", "C", "b");
    assertThat(names("?sort=quota_used&order=desc")).containsExactly("C", "a", "b");
    server.lastUses.put(new KeyId(c), server.clock.instant());
    assertThat(names("?sort=last_used_at&order=desc")).first().isEqualTo("C");
    assertThat(server.get(KEYS + "/" + c).json().path("last_used_at").asText())
        .isEqualTo(server.clock.instant().toString());
    assertThat(names("?status=exhausted")).containsExactly("C");
  }

  @ParameterizedTest
  @ValueSource(strings = {"created_at", "name", "used_tokens"})
  void comePageByPageWhileOthersAreAddedAndDeleted(String sort) {
    var ids = new ArrayList<String>();
    for (int i = 0; i < 7; i++) {
      ids.add(id("key" + i));
    }
    String query = "?limit=3&sort=" + sort;
    JsonNode first = server.get(KEYS + query).json();
    assertThat(first.path("total").asInt()).isEqualTo(7);
    server.delete(KEYS + "/" + first.path("data").path(2).path("id").asText());

    var seen = new ArrayList<String>();
    JsonNode page = first;
    while (true) {
      page.path("data").forEach(key -> seen.add(key.path("id").asText()));
      if (page.path("next").isNull()) {
        break;
      }
      page = server.get(KEYS + query + "&after=" + page.path("next").asText()).json();
    }

    assertThat(seen).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(ids);
  }

  @ParameterizedTest
  @CsvSource({
    "?limit=0, limit",
    "?limit=501, limit",
    "?limit=x, limit",
    "?sort=colour, sort",
    "?order=up, order",
    "?status=lost, status",
    "?after=garbage, after",
    "?after=W10, after",
    "?page=2, page",
    "?q=a&q=b, q"
  })
  void areAskedForStrictly(String query, String param) {
    id("a");

    var reply = server.get(KEYS + query);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("param").asText()).isEqualTo(param);
  }
}
