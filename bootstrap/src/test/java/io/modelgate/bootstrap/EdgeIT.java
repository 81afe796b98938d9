package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.RawConnection.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real program behind a proxy that is trusted, with an admin side of its own. */
@Timeout(120)
class EdgeIT {
  private static final String ADMIN_KEY = "the-admin-key-of-this-test";

  @TempDir Path folder;

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Reply get(int port, String path, String key, String from) throws IOException {
    try (var client = RawConnection.to(port)) {
      return client
          .send(
              "GET "
                  + path
                  + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                  + key
                  + "\r\nX-Forwarded-For: "
                  + from
                  + "\r\n\r\n")
          .reply();
    }
  }

  @Test
  void hasWhoGuessesWaitAndKeepsOperatorsApart() throws IOException {
    int operators = freePort();
    var settings =
        Map.of(
            "MG_SERVER_HOST", "127.0.0.1",
            "MG_SERVER_PORT", "0",
            "MG_SERVER_ADMIN_PORT", "" + operators,
            "MG_SERVER_PUBLIC_ADMIN", "false",
            "MG_SERVER_TRUSTED_PROXIES", "127.0.0.1",
            "MG_SERVER_WRONG_KEYS", "2",
            "MG_ADMIN_API_KEY", ADMIN_KEY,
            "MG_DEMO", "true");
    try (var gateway = GatewayProcess.run(folder, settings, "serve")) {
      int port = gateway.port();
      String key = Files.readString(folder.resolve("data/demo-key")).strip();

      assertThat(get(port, "/v1/models", "wrong", "192.0.2.1").status()).isEqualTo(401);
      assertThat(get(port, "/v1/models", "wrong", "192.0.2.1").status()).isEqualTo(401);
      Reply refused = get(port, "/v1/models", "wrong", "192.0.2.1");
      assertThat(refused.status()).isEqualTo(429);
      assertThat(Integer.parseInt(refused.header("retry-after").orElseThrow())).isBetween(1, 30);
      assertThat(refused.text()).contains("rate_limit_exceeded");
      assertThat(get(port, "/v1/models", key, "192.0.2.1").status())
          .as("a neighbour")
          .isEqualTo(200);
      assertThat(get(port, "/v1/models", "wrong", "192.0.2.2").status()).isEqualTo(401);

      assertThat(get(operators, "/admin/api/keys", ADMIN_KEY, "192.0.2.1").status())
          .as("a client with an old key keeps no operator out")
          .isEqualTo(200);
      assertThat(get(operators, "/admin/api/keys", "wrong", "192.0.2.3").status()).isEqualTo(401);
      assertThat(get(operators, "/admin/api/keys", "wrong", "192.0.2.3").status()).isEqualTo(401);
      assertThat(get(operators, "/admin/api/keys", ADMIN_KEY, "192.0.2.3").status())
          .as("may be a person's choice, so it waits")
          .isEqualTo(429);
      Reply keys = get(operators, "/admin/api/keys", ADMIN_KEY, "192.0.2.2");
      assertThat(keys.status()).isEqualTo(200);
      assertThat(keys.header("x-frame-options")).contains("DENY");
      assertThat(keys.header("referrer-policy")).contains("no-referrer");
      assertThat(keys.header("cache-control")).contains("no-store");
      assertThat(get(operators, "/metrics", "none", "192.0.2.1").text())
          .contains("modelgate_refusals_total{rule=\"wrong_keys\"} 2.0");
      assertThat(get(port, "/admin/api/keys", ADMIN_KEY, "192.0.2.2").status()).isEqualTo(404);
      assertThat(get(port, "/metrics", ADMIN_KEY, "192.0.2.2").status()).isEqualTo(404);
      assertThat(get(operators, "/v1/models", key, "192.0.2.2").status()).isEqualTo(404);
      gateway.awaitLine("client_ip=192.0.2.2");
    }
  }

  @Test
  void doesNotStartWithACertificateThatWillNotDo() throws IOException {
    var settings =
        Map.of(
            "MG_SERVER_HOST", "127.0.0.1",
            "MG_SERVER_PORT", "0",
            "MG_SERVER_TLS_CERTIFICATE", folder.resolve("missing.pem").toString());
    try (var gateway = GatewayProcess.run(folder, settings, "serve")) {
      assertThat(gateway.exitCode()).isEqualTo(2);
      assertThat(gateway.complaint()).contains("server.tls", "there is no file", "missing.pem");
    }
  }
}
