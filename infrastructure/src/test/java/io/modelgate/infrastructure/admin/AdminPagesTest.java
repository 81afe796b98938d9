package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

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
        .contains("default-src 'none'", "frame-ancestors 'none'");
  }

  @Test
  void servesWhatThePageNeeds() {
    var reply = server.send(server.anonymousRequest("/admin/assets/style.css").GET());

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).startsWith("text/css");
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
