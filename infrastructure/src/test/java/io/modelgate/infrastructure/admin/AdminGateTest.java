package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminGateTest {
  private static final String AUTHORIZATION = "Authorization: Bearer " + AdminServer.ADMIN_KEY;

  @AutoClose private final AdminServer server = AdminServer.start();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/api/keys",
        "/admin/api/keys/key_1",
        "/admin/api/models",
        "/admin/api/models/mdl_1",
        "/admin/api",
        "/admin/api/",
        "/admin/api/nothing/here",
        "/admin/%61pi/keys"
      })
  void letsNobodyInWithoutTheKey(String path) {
    var reply = server.send(server.anonymousRequest(path).GET());

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.error().path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(reply.error().path("code").asText()).isEqualTo("invalid_api_key");
    assertThat(reply.header("www-authenticate")).isEqualTo("Bearer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/x/../api/keys",
        "/v1/../admin/api/keys",
        "//admin/api/keys",
        "/%61dmin/api/keys",
        "/admin;x=1/api/keys"
      })
  void isUnderNoOtherPathEvenWithTheKey(String path) {
    var reply = server.send(server.request(path).GET());

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("message").asText()).contains("normal form");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer wrong",
        "Bearer ",
        "Bearer",
        "Basic the-admin-key-of-this-test",
        "the-admin-key-of-this-test",
        "Bearer the-admin-key-of-this-test2",
        "Bearer THE-ADMIN-KEY-OF-THIS-TEST"
      })
  void acceptsNoOtherCredential(String authorization) {
    var reply =
        server.send(
            server.anonymousRequest("/admin/api/keys").header("Authorization", authorization));

    assertThat(reply.status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer", "bearer", "BEARER", "Bearer "})
  void readsTheSchemeInAnyCase(String scheme) {
    var reply =
        server.send(
            server
                .anonymousRequest("/admin/api/keys")
                .header("Authorization", scheme + " " + AdminServer.ADMIN_KEY));

    assertThat(reply.status()).isEqualTo(200);
  }

  @Test
  void refusesTwoCredentialsAtOnce() {
    var reply =
        server.send(
            server.request("/admin/api/keys").header("Authorization", "Bearer something else"));

    assertThat(reply.status()).isEqualTo(401);
  }

  @Test
  void asksForTheKeyBeforeItReadsTheBody() {
    String reply = server.raw(head("POST /admin/api/keys", "Content-Length: 50000"));

    assertThat(reply).startsWith("HTTP/1.1 401 ");
  }

  @Test
  void closesOnAStrangerWithALongBody() {
    String reply = server.rawAndWait(head("POST /admin/api/keys", "Content-Length: 900000"));

    assertThat(reply)
        .startsWith("HTTP/1.1 401 ")
        .contains("Connection: close")
        .doesNotContain(AdminServer.STILL_OPEN);
  }

  @Test
  void closesOnAStrangerWhoWaitsToBeToldToGoOn() {
    String reply =
        server.rawAndWait(
            head("POST /admin/api/keys", "Expect: 100-continue", "Content-Length: 10"));

    assertThat(reply).startsWith("HTTP/1.1 401 ").doesNotContain(AdminServer.STILL_OPEN);
  }

  @Test
  void takesNoPartOfARefusedBodyForTheNextRequest() {
    String smuggled = head("DELETE /admin/api/keys", AUTHORIZATION);

    String replies =
        server.raw(
            head("POST /admin/api/keys", "Content-Length: " + smuggled.length())
                + smuggled
                + head("GET /admin/api/models", AUTHORIZATION));

    assertThat(replies.split("HTTP/1.1 ", -1))
        .satisfiesExactly(
            before -> assertThat(before).isEmpty(),
            refused -> assertThat(refused).startsWith("401 "),
            next -> assertThat(next).startsWith("200 ").contains("{\"data\":[]}"));
  }

  @Test
  void takesNoPartOfAnUnwantedBodyForTheNextRequest() {
    String replies =
        server.raw(
            head("GET /admin/api/keys", AUTHORIZATION, "Content-Length: 5")
                + "HELLO"
                + head("GET /admin/api/models", AUTHORIZATION));

    assertThat(replies.split("HTTP/1.1 200 OK", -1)).hasSize(3);
  }

  @Test
  void refusesABodyOfUnknownLengthWhereNoneIsWanted() {
    String reply =
        server.rawAndWait(head("GET /admin/api/keys", AUTHORIZATION, "Transfer-Encoding: chunked"));

    assertThat(reply).startsWith("HTTP/1.1 413 ").doesNotContain(AdminServer.STILL_OPEN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/admin/api/keys         | PUT    | GET, POST",
        "/admin/api/keys         | PATCH  | GET, POST",
        "/admin/api/keys         | DELETE | GET, POST",
        "/admin/api/keys         | OPTIONS| GET, POST",
        "/admin/api/keys/key_1   | POST   | GET, PATCH, DELETE",
        "/admin/api/keys/key_1   | PUT    | GET, PATCH, DELETE",
        "/admin/api/models       | PUT    | GET, POST",
        "/admin/api/models/mdl_1 | POST   | GET, PATCH, DELETE"
      })
  void saysWhichMethodsAPathHas(String path, String method, String allowed) {
    var reply = server.send(method, path, BodyPublishers.ofString("{}"));

    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.header("allow")).isEqualTo(allowed);
    assertThat(reply.error().path("message").asText()).contains(method).contains(allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/api",
        "/admin/api/",
        "/admin/api/key",
        "/admin/api/keys/a/b",
        "/admin/api/keysx"
      })
  void knowsNoOtherPaths(String path) {
    var reply = server.get(path);

    assertThat(reply.status()).isEqualTo(404);
    assertThat(reply.error().path("message").asText()).contains("/admin/api/openapi.yaml");
    assertThat(reply.error().has("param")).isTrue();
    assertThat(reply.error().has("code")).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{                               | not valid JSON",
        "{\"name\":NaN}                  | not valid JSON",
        "{\"name\":'a'}                  | not valid JSON",
        "{\"name\":\"a\",}               | not valid JSON",
        "{/* */\"name\":\"a\"}           | not valid JSON",
        "{\"name\":\"a\"} {}             | more in the body",
        "{\"name\":\"a\"} x              | not valid JSON",
        "{\"name\":\"a\",\"name\":\"b\"} | names a field twice",
        "[]                              | must be a JSON object",
        "null                            | must be a JSON object",
        "\"name\"                        | must be a JSON object",
        "''                              | must be a JSON object"
      })
  void refusesWhatIsNoJsonObject(String body, String complaint) {
    var reply = server.post("/admin/api/keys", body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("message").asText())
        .contains(complaint)
        .doesNotContain("jackson");
    assertThat(server.keys.all()).isEmpty();
  }

  @Test
  void refusesWhatIsNotUtf8() {
    byte[] latin1 = "{\"name\":\"käse\"}".getBytes(StandardCharsets.ISO_8859_1);

    var reply = server.send("POST", "/admin/api/keys", BodyPublishers.ofByteArray(latin1));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error().path("message").asText()).contains("UTF-8");
  }

  @Test
  void refusesDeepNesting() {
    var reply = server.post("/admin/api/keys", "{\"name\":" + "[".repeat(400_000));

    assertThat(reply.status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/xml", "application/jsonx", ";;;", "x"})
  void refusesOtherContentTypes(String contentType) {
    String reply =
        server.raw(
            head(
                    "POST /admin/api/keys",
                    AUTHORIZATION,
                    "Content-Type: " + contentType,
                    "Content-Length: 12")
                + "{\"name\":\"a\"}");

    assertThat(reply).startsWith("HTTP/1.1 415 ").contains("application/json");
    assertThat(server.keys.all()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-No-Content-Type: at all",
        "Content-Type: application/json;charset=utf-8",
        "content-type: APPLICATION/json"
      })
  void takesJsonUnderEachOfItsNames(String header) {
    String reply =
        server.raw(
            head("POST /admin/api/keys", AUTHORIZATION, header, "Content-Length: 12")
                + "{\"name\":\"a\"}");

    assertThat(reply).startsWith("HTTP/1.1 201 ");
  }

  @Test
  void refusesEncodedBodies() {
    var reply =
        server.send(
            server
                .request("/admin/api/keys")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString("{\"name\":\"a\"}")));

    assertThat(reply.status()).isEqualTo(415);
    assertThat(reply.error().path("message").asText()).contains("Content-Encoding");
    assertThat(server.keys.all()).isEmpty();
  }

  @Test
  void refusesALongBodyByItsLength() {
    var reply = server.post("/admin/api/keys", aBodyOf(RequestContent.MAX_BODY + 1));

    assertThat(reply.status()).isEqualTo(413);
    assertThat(reply.error().path("message").asText()).contains("1048576");
  }

  @Test
  void refusesALongBodyOfUnknownLengthAndGoesOn() {
    byte[] body = aBodyOf(RequestContent.MAX_BODY + 1).getBytes(StandardCharsets.UTF_8);
    var chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));

    assertThat(server.send("POST", "/admin/api/keys", chunked).status()).isEqualTo(413);
    assertThat(server.get("/admin/api/keys").json().path("data")).isEmpty();
  }

  @Test
  void takesABodyOfTheGreatestLength() {
    var reply = server.post("/admin/api/keys", aBodyOf(RequestContent.MAX_BODY));

    assertThat(reply.status()).isEqualTo(201);
  }

  @Test
  void guardsEveryReply() {
    var reply = server.get("/admin/api/keys");

    assertThat(reply.header("content-type")).isEqualTo("application/json");
    assertThat(reply.header("cache-control")).isEqualTo("no-store");
    assertThat(reply.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(reply.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(reply.header("content-security-policy")).startsWith("default-src 'none'");
  }

  private static String head(String methodAndPath, String... headers) {
    return methodAndPath + " HTTP/1.1\r\nHost: a\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
  }

  private static String aBodyOf(int length) {
    String body = "{\"name\":\"a\"}";
    return body + " ".repeat(length - body.length());
  }
}
