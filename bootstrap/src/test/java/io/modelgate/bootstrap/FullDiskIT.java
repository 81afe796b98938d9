package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.testing.wire.RawConnection;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway on a disk that is really full, as only root can make one. */
@Timeout(60)
class FullDiskIT {
  @TempDir private Path disk;

  @BeforeEach
  void mount() throws Exception {
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString()),
        "a file system can be mounted, which takes root on Linux");
  }

  @AfterEach
  void unmount() throws Exception {
    boolean _ = run("umount", disk.toString());
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).inheritIO().start();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Test
  void isReadyAsLongAsCallsAreServedAndNoLonger() throws Exception {
    try (GatewayFixture gateway =
        GatewayFixture.start(disk, Map.of("MG_RATE_LIMIT_RPM", "unlimited"))) {
      String key = gateway.admin().createKey("k").secret();
      assertThat(call(gateway, key)).isEqualTo(200);
      assertThat(readiness(gateway)).isEqualTo(200);
      Path filling = fill();

      while (call(gateway, key) != 503) {
        Thread.onSpinWait(); // what has room in the file yet is kept
      }
      assertThat(readiness(gateway)).isEqualTo(503);

      Files.delete(filling);
      while (readiness(gateway) != 200) {
        Thread.sleep(10);
      }
      assertThat(call(gateway, key)).isEqualTo(200);
    }
  }

  private static int call(GatewayFixture gateway, String key) throws IOException {
    String body = "{\"model\":\"echo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    return status(
        gateway,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(key, body.length(), body));
  }

  private static int readiness(GatewayFixture gateway) throws IOException {
    return status(gateway, "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  private static int status(GatewayFixture gateway, String request) throws IOException {
    try (var connection = RawConnection.to(gateway.port())) {
      return connection.send(request).reply().status();
    }
  }

  /** Takes every byte that is left. */
  private Path fill() throws IOException {
    Path filling = disk.resolve("filling");
    byte[] block = new byte[4_096];
    try (OutputStream out = Files.newOutputStream(filling)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException _) {
      return filling;
    }
  }
}
