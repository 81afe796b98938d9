package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.Endpoint;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.RawConnection.Reply;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A name that first means an engine and then something that nobody should reach. */
@Timeout(60)
class ReboundNameIT {
  @TempDir private Path folder;

  @Test
  void isJudgedAtEachConnectionByWhatItMeansThen() throws Exception {
    Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 engine.test\n");
    try (var backend = ScriptedBackend.start();
        var gateway =
            GatewayProcess.run(
                folder,
                Map.of(
                    "MG_SERVER_HOST",
                    "127.0.0.1",
                    "MG_SERVER_PORT",
                    "0",
                    "MG_ADMIN_API_KEY",
                    GatewayFixture.ADMIN_KEY,
                    "MG_JAVA_OPTS",
                    "-Djdk.net.hosts.file=" + hosts + " -Dsun.net.inetaddr.ttl=0"),
                "serve");
        var admin = new AdminClient(gateway.url(), GatewayFixture.ADMIN_KEY)) {
      backend.onRequest(
          send(EngineDialect.whole(EngineDialect.VLLM.body(Endpoint.CHAT_COMPLETIONS))), hangUp());
      admin.createModel(
          "{\"name\":\"m\",\"backend\":\"vllm\",\"base_url\":\"http://engine.test:%d\"}"
              .formatted(backend.port()));
      String key = admin.createKey("client").secret();
      assertThat(call(gateway, key).status()).isEqualTo(200);

      // On this system 0.0.0.0 leads to the same socket, were it called.
      Files.writeString(hosts, "0.0.0.0 engine.test\n");
      Reply refused = call(gateway, key);

      assertThat(refused.status()).isEqualTo(502);
      assertThat(refused.text()).contains("cannot be reached").doesNotContain("0.0.0.0", "engine");
      assertThat(gateway.awaitLine("is an address that is not called"))
          .contains("0.0.0.0", "upstream.allowed-addresses");
      assertThat(backend.connections()).isOne();
    }
  }

  private static Reply call(GatewayProcess gateway, String key) throws Exception {
    String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    try (var connection = RawConnection.to(gateway.port())) {
      return connection
          .send(
              "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(key, body.length(), body))
          .reply();
    }
  }
}
