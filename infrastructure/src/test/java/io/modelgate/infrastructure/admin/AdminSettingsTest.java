package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.testing.Samples;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminSettingsTest {
  private static final String SETTINGS = "/admin/api/settings";

  @AutoClose private final AdminServer server = AdminServer.start();

  @Test
  void showsEachWithItsOriginAndWhatWaitsForARestart() {
    server.settings =
        new AdminApi.Settings(
            List.of(
                new AdminApi.Setting("timeout", "10s", "300s", "/etc/mg.yaml", "at once", null),
                new AdminApi.Setting(
                    "server.port",
                    "1",
                    "18080",
                    "MG_SERVER_PORT",
                    "after restart",
                    new AdminApi.Pending("2")),
                new AdminApi.Setting(
                    "secret-key",
                    "«…»",
                    null,
                    "default",
                    "after restart",
                    new AdminApi.Pending(null))),
            "/etc/mg.yaml",
            Samples.NOON,
            List.of("one fault", "another"));

    AdminServer.Reply reply = server.get(SETTINGS);

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("cache-control")).isEqualTo("no-store");
    assertThat(reply.text())
        .isEqualTo(
            """
            {"data":[\
            {"key":"timeout","value":"10s","default":"300s","origin":"/etc/mg.yaml","applies":"at once"},\
            {"key":"server.port","value":"1","default":"18080","origin":"MG_SERVER_PORT","applies":"after restart","pending":"2"},\
            {"key":"secret-key","value":"«…»","default":null,"origin":"default","applies":"after restart","pending":null}],\
            "file":"/etc/mg.yaml","loaded_at":"%s","faults":["one fault","another"]}"""
                .formatted(Samples.NOON));
  }

  @Test
  void saysThatThereIsNoFile() {
    AdminServer.Reply reply = server.get(SETTINGS);

    assertThat(reply.json().path("file").isNull()).isTrue();
    assertThat(reply.json().path("data")).isEmpty();
    assertThat(reply.json().path("faults")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE"})
  void areForReadingOnly(String method) {
    AdminServer.Reply reply = server.send(method, SETTINGS, BodyPublishers.noBody());

    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.header("allow")).isEqualTo("GET");
  }

  @Test
  void areForTheAdministratorOnly() {
    assertThat(server.send(server.anonymousRequest(SETTINGS)).status()).isEqualTo(401);
  }
}
