package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class AdminPagesTest {
  @AutoClose private final AdminServer server = AdminServer.start();

  @Test
  void showsThePageToEveryone() {
    var reply = server.send(server.anonymousRequest("/admin/").GET());

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).startsWith("text/html");
    assertThat(reply.text()).contains("test page");
    assertThat(reply.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(reply.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(reply.header("content-security-policy"))
        .contains("default-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("script-src");
    assertThat(reply.header("cache-control")).isEqualTo("no-cache");
  }

  @Test
  void servesWhatThePageNeeds() {
    var reply = server.send(server.anonymousRequest("/admin/assets/style.css").GET());

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).startsWith("text/css");
    assertThat(reply.header("cache-control")).contains("immutable");
    assertThat(reply.header("content-encoding")).isEmpty();
  }

  @Test
  void answersThePagesOwnPathsWithThePage() {
    for (String path :
        new String[] {"/admin/keys", "/admin/keys/key_x", "/admin/requests/1?range=7d"}) {
      var reply = server.send(server.anonymousRequest(path).GET());

      assertThat(reply.status()).as(path).isEqualTo(200);
      assertThat(reply.text()).as(path).contains("test page");
    }
  }

  @Test
  void hasNothingForFilesAndEndpointsThatAreNotThere() {
    for (String path :
        new String[] {
          "/admin/assets/gone.js", "/admin/assets/gone", "/admin/favicon.ico", "/admin/keys/gone.js"
        }) {
      var reply = server.send(server.anonymousRequest(path).GET());

      assertThat(reply.status()).as(path).isEqualTo(404);
      assertThat(reply.header("content-type")).as(path).startsWith("application/json");
      assertThat(reply.header("cache-control")).as(path).doesNotContain("immutable");
    }
    assertThat(server.get("/admin/api/keys.html").status()).isEqualTo(404);
    assertThat(server.get("/admin/api/gone").status()).isEqualTo(404);
  }

  @Test
  void sendsWhatIsThereCompressedToThoseWhoTakeIt() throws Exception {
    var reply =
        server.sendForBytes(
            server
                .anonymousRequest("/admin/assets/style.css")
                .header("Accept-Encoding", "br, gzip, deflate")
                .GET());

    assertThat(reply.headers().firstValue("content-encoding")).hasValue("gzip");
    assertThat(reply.headers().firstValue("vary")).hasValue("Accept-Encoding");
    try (var unpacked = new GZIPInputStream(new ByteArrayInputStream(reply.body()))) {
      assertThat(new String(unpacked.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo(server.send(server.anonymousRequest("/admin/assets/style.css").GET()).text());
    }
  }

  @Test
  void tellsTheLengthToThoseWhoAskForTheHeadAlone() {
    var page = server.send(server.anonymousRequest("/admin/").GET());
    var head = server.send(server.anonymousRequest("/admin/").HEAD());

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("content-length")).isEqualTo(page.header("content-length"));
  }

  @Test
  void sendsThoseWithoutTheSlashToThePage() {
    var reply = server.send(server.anonymousRequest("/admin").GET());

    assertThat(reply.status()).isEqualTo(308);
    assertThat(reply.header("location")).isEqualTo("/admin/");
  }

  @Test
  void servesNothingOutsideItsFolder() {
    for (String path :
        new String[] {
          "/admin/../META-INF/MANIFEST.MF",
          "/admin/%2e%2e/META-INF/MANIFEST.MF",
          "/admin/..%2fio/modelgate/infrastructure/admin/AdminApi.class",
          "/admin/assets/"
        }) {
      assertThat(server.raw("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"))
          .as(path)
          .matches("(?s)HTTP/1.1 (400|403|404) .*");
    }
  }
}
