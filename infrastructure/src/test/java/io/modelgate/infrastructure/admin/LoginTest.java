package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.infrastructure.admin.AdminServer.Reply;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoginTest {
  private static final String SESSION = "/admin/api/session";
  private static final String KEYS = "/admin/api/keys";
  private static final String ME = "/admin/api/me";

  @AutoClose private final AdminServer server = AdminServer.start();

  /** Who has logged in from a page. */
  private record Page(String cookie, String csrfToken) {}

  private Reply tryToLogIn(String key) {
    return server.send(
        server
            .anonymousRequest(SESSION)
            .POST(BodyPublishers.ofString("{\"key\":\"" + key + "\"}")));
  }

  private Page logIn(String key) {
    Reply reply = tryToLogIn(key);
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    String cookie = reply.header("set-cookie");
    return new Page(
        cookie.substring(0, cookie.indexOf(';')), reply.json().path("csrf_token").asText());
  }

  private HttpRequest.Builder from(Page page, String path) {
    return server.anonymousRequest(path).header("Cookie", page.cookie());
  }

  private Reply get(Page page, String path) {
    return server.send(from(page, path));
  }

  private Reply post(Page page, String path, String json) {
    return server.send(
        from(page, path)
            .header("X-CSRF-Token", page.csrfToken())
            .POST(BodyPublishers.ofString(json)));
  }

  private JsonNode issue(String fields) {
    Reply reply = server.post(KEYS, "{" + fields + "}");
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return reply.json();
  }

  @Test
  void theAdminLogsInFromAPage() {
    Reply reply = tryToLogIn(AdminServer.ADMIN_KEY);

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().path("role").asText()).isEqualTo("admin");
    assertThat(reply.json().path("idle_seconds").asInt()).isEqualTo(3600);
    assertThat(reply.json().path("expires_at").asText()).isEqualTo("2026-11-23T00:00:00Z");
    assertThat(reply.header("set-cookie"))
        .matches("modelgate_session=[A-Za-z0-9_-]{43}; .*")
        .contains("HttpOnly", "SameSite=Strict", "Path=/admin")
        .doesNotContain("Secure", "Expires", "Domain");
    Page page = logIn(AdminServer.ADMIN_KEY);
    assertThat(get(page, KEYS).status()).isEqualTo(200);
    assertThat(get(page, SESSION).json().path("csrf_token").asText()).isEqualTo(page.csrfToken());
  }

  @Test
  void aHolderSeesItsOwnAndNothingElse() {
    JsonNode key = issue("\"name\":\"alice\",\"rpm\":5,\"quota_tokens\":100");
    Page page = logIn(key.path("key").asText());

    JsonNode me = get(page, ME).json();

    assertThat(me.path("id")).isEqualTo(key.path("id"));
    assertThat(me.path("quota").path("remaining").asInt()).isEqualTo(100);
    assertThat(get(page, SESSION).json().path("role").asText()).isEqualTo("key");
    for (String path : List.of(KEYS, KEYS + "/" + key.path("id").asText(), "/admin/api/models")) {
      Reply refused = get(page, path);
      assertThat(refused.status()).as(path).isEqualTo(403);
      assertThat(refused.error().path("code").asText()).isEqualTo("admin_only");
    }
    assertThat(post(page, KEYS, "{\"name\":\"mine\"}").status()).isEqualTo(403);
  }

  @Test
  void aBearerKeyDoesAsWell() {
    JsonNode key = issue("\"name\":\"alice\"");

    Reply me =
        server.send(
            server
                .anonymousRequest(ME)
                .header("Authorization", "Bearer " + key.path("key").asText()));

    assertThat(me.json().path("name").asText()).isEqualTo("alice");
    assertThat(server.get(SESSION).json().path("csrf_token").isNull()).isTrue();
  }

  @Test
  void aChangeByCookieNeedsTheTokenThatNoOtherSiteKnows() {
    Page page = logIn(AdminServer.ADMIN_KEY);
    var bare = from(page, KEYS).POST(BodyPublishers.ofString("{\"name\":\"a\"}"));
    var wrong =
        from(page, KEYS)
            .header("X-CSRF-Token", page.csrfToken() + "x")
            .POST(BodyPublishers.ofString("{\"name\":\"a\"}"));

    assertThat(server.send(bare).error().path("code").asText()).isEqualTo("csrf_token");
    assertThat(server.send(wrong).status()).isEqualTo(403);
    assertThat(server.keys.all()).isEmpty();
    assertThat(post(page, KEYS, "{\"name\":\"a\"}").status()).isEqualTo(201);
  }

  @Test
  void whoLogsOutIsOut() {
    Page page = logIn(AdminServer.ADMIN_KEY);

    Reply out = server.send(from(page, SESSION).header("X-CSRF-Token", page.csrfToken()).DELETE());

    assertThat(out.status()).isEqualTo(204);
    assertThat(out.header("set-cookie")).startsWith("modelgate_session=;").contains("Max-Age=0");
    assertThat(get(page, KEYS).status()).isEqualTo(401);
  }

  @Test
  void aSessionEndsWhenItIsNotUsedAndInAnyCaseSomeDay() {
    Page idle = logIn(AdminServer.ADMIN_KEY);
    Page busy = logIn(AdminServer.ADMIN_KEY);
    for (int i = 0; i < 13; i++) {
      server.clock.advance(Duration.ofMinutes(55));
      assertThat(get(busy, KEYS).status()).as("after %d times", i).isEqualTo(200);
    }

    assertThat(get(idle, KEYS).status()).isEqualTo(401);
    server.clock.advance(Duration.ofMinutes(5));
    assertThat(get(busy, KEYS).status()).isEqualTo(401);
  }

  @Test
  void aSessionEndsWithItsKey() {
    JsonNode key = issue("\"name\":\"alice\"");
    String path = KEYS + "/" + key.path("id").asText();
    Page page = logIn(key.path("key").asText());

    server.patch(path, "{\"enabled\":false}");
    Reply disabled = get(page, ME);
    assertThat(disabled.status()).isEqualTo(401);
    assertThat(disabled.error().path("message").asText()).contains("disabled");
    server.patch(path, "{\"enabled\":true}");
    assertThat(get(page, ME).status()).as("it is over for good").isEqualTo(401);

    Page next = logIn(key.path("key").asText());
    server.post(path + "/rotate", "{}");
    assertThat(get(next, ME).status()).as("somebody may have stolen it").isEqualTo(401);
  }

  @Test
  void whoHasTheFormerSecretCannotTakeTheKeyFromItsOwner() {
    JsonNode key = issue("\"name\":\"alice\"");
    String former = key.path("key").asText();
    Page thief = logIn(former);
    String now =
        server
            .post(KEYS + "/" + key.path("id").asText() + "/rotate", "{\"grace\":\"24h\"}")
            .json()
            .path("key")
            .asText();

    Reply refused = post(thief, ME + "/rotate", "{\"grace\":\"0s\"}");

    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.error().path("code").asText()).isEqualTo("former_secret");
    assertThat(get(thief, ME).status()).as("it works for its grace").isEqualTo(200);
    assertThat(post(logIn(now), ME + "/rotate", "{\"grace\":\"0s\"}").status()).isEqualTo(200);
  }

  @Test
  void whoShowsABearerKeyIsNobodyElse() {
    String alice = issue("\"name\":\"alice\"").path("key").asText();
    Page admin = logIn(AdminServer.ADMIN_KEY);

    JsonNode session =
        server.send(from(admin, SESSION).header("Authorization", "Bearer " + alice)).json();

    assertThat(session.path("name").asText()).isEqualTo("alice");
    assertThat(session.path("csrf_token").isNull()).isTrue();
    Reply rotated =
        server.send(
            from(admin, ME + "/rotate")
                .header("Authorization", "Bearer " + alice)
                .POST(BodyPublishers.ofString("{}")));
    assertThat(rotated.status()).isEqualTo(200);
    assertThat(get(admin, SESSION).json().path("role").asText()).isEqualTo("admin");
  }

  @Test
  void whoRotatesItsOwnKeyStaysLoggedInWithoutIt() {
    JsonNode key = issue("\"name\":\"alice\"");
    Page page = logIn(key.path("key").asText());
    Page other = logIn(key.path("key").asText());

    Reply rotated = post(page, ME + "/rotate", "{\"grace\":\"0s\"}");

    assertThat(rotated.status()).isEqualTo(200);
    assertThat(rotated.json().path("key").asText()).startsWith("sk-mg-");
    assertThat(get(page, ME).status()).isEqualTo(200);
    assertThat(get(other, ME).status()).isEqualTo(401);
    assertThat(tryToLogIn(key.path("key").asText()).status()).isEqualTo(401);
    assertThat(tryToLogIn(rotated.json().path("key").asText()).status()).isEqualTo(200);
  }

  @Test
  void theAdminKeyIsReplacedAndItsOtherSessionsEnd() {
    Page page = logIn(AdminServer.ADMIN_KEY);
    Page other = logIn(AdminServer.ADMIN_KEY);

    Reply rotated = post(page, "/admin/api/admin-key/rotate", "");

    assertThat(rotated.json().path("key").asText()).isEqualTo(AdminServer.ADMIN_KEY + "+");
    assertThat(get(page, KEYS).status()).isEqualTo(200);
    assertThat(get(other, KEYS).status()).isEqualTo(401);
    assertThat(server.get(KEYS).status()).isEqualTo(401);
    assertThat(tryToLogIn(AdminServer.ADMIN_KEY + "+").status()).isEqualTo(200);
    assertThat(server.audit.adminKeyDeeds)
        .singleElement()
        .satisfies(deed -> assertThat(deed.author().name()).isEqualTo("admin"));
  }

  @Test
  void whoGuessesWaitsAndThoseWhoAreInStayIn() {
    Page page = logIn(AdminServer.ADMIN_KEY);
    for (int i = 0; i < 100; i++) {
      int status = tryToLogIn("wrong" + i).status();
      assertThat(status).isIn(401, 429);
    }

    Reply waiting = tryToLogIn(AdminServer.ADMIN_KEY);

    assertThat(waiting.status()).isEqualTo(429);
    assertThat(waiting.header("retry-after")).isNotEmpty();
    assertThat(get(page, KEYS).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{}", "{\"key\":\"\"}", "{\"key\":1}", "{\"key\":\"a\",\"x\":1}", "[]", ""})
  void aLoginIsReadStrictly(String body) {
    Reply reply = server.send(server.anonymousRequest(SESSION).POST(BodyPublishers.ofString(body)));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.header("set-cookie")).isEmpty();
  }

  @Test
  void thePlaygroundCallsUnderTheCallersOwnKey() {
    JsonNode key = issue("\"name\":\"alice\"");
    Page holder = logIn(key.path("key").asText());
    Page admin = logIn(AdminServer.ADMIN_KEY);
    String chat = "/admin/api/playground/chat/completions";

    assertThat(post(holder, chat, "{}").text()).isEqualTo("called by alice");
    assertThat(post(admin, chat, "{}").text()).isEqualTo("called by admin-playground");
    assertThat(server.send(from(admin, chat).POST(BodyPublishers.ofString("{}"))).status())
        .as("without the token")
        .isEqualTo(403);
    String builtIn = KEYS + "/key_admin-playground";
    assertThat(server.get(builtIn).json().path("built_in").asBoolean()).isTrue();
    assertThat(server.delete(builtIn).status()).isEqualTo(409);
    assertThat(server.post(builtIn + "/rotate", "{}").status()).isEqualTo(409);
    server.patch(builtIn, "{\"enabled\":false}");
    assertThat(post(admin, chat, "{}").status()).isEqualTo(403);
  }
}
