package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.Replies.COMPLETION;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.NoReply;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A backend whose certificate names {@code localhost} and nothing else. */
@Timeout(60)
class TlsTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir private Path folder;
  private SSLContext trusting;
  private ScriptedBackend backend;

  @BeforeEach
  void listen() throws IOException, GeneralSecurityException, InterruptedException {
    KeyStore keys = selfSigned(folder.resolve("keys.p12"));
    var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keyManagers.init(keys, PASSWORD);
    var trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trustManagers.init(keys);
    trusting = SSLContext.getInstance("TLS");
    trusting.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    backend =
        ScriptedBackend.start(
            trusting
                .getServerSocketFactory()
                .createServerSocket(0, 10, InetAddress.getLoopbackAddress()));
  }

  @AfterEach
  void stop() throws IOException {
    backend.close();
  }

  @Test
  void callsABackendWhoseCertificateIsTrustedAndNamesIt() {
    backend.onRequest(send(Replies.json(COMPLETION)));

    assertThat(ask("https://localhost:" + backend.port(), trusting.getSocketFactory()))
        .isInstanceOf(Complete.class);
  }

  @Test
  void doesNotCallABackendWhoseCertificateNamesAnother() {
    assertUnreachable(ask("https://127.0.0.1:" + backend.port(), trusting.getSocketFactory()));
  }

  @Test
  void doesNotCallABackendWhoseCertificateIsNotTrusted() {
    assertUnreachable(
        ask(
            "https://localhost:" + backend.port(),
            (SSLSocketFactory) SSLSocketFactory.getDefault()));
  }

  @Test
  void doesNotWaitForeverForAGreeting() throws IOException {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertUnreachable(
          ask("https://localhost:" + silent.getLocalPort(), trusting.getSocketFactory()));
    }
  }

  private void assertUnreachable(Delivery delivery) {
    assertThat(delivery)
        .isInstanceOfSatisfying(
            NoReply.class, none -> assertThat(none.failure()).isInstanceOf(Unreachable.class));
    assertThat(backend.requests()).isEmpty();
  }

  private static Delivery ask(String url, SSLSocketFactory factory) {
    var settings =
        new UpstreamSettings(
            Duration.ofSeconds(20),
            Duration.ofSeconds(2),
            1024 * 1024,
            Map.of(BackendKind.VLLM, new UpstreamSettings.Adapter(null, null, StreamUsage.ASK)),
            null);
    try (var upstreams = Upstreams.open(settings, InstantSource.system(), factory)) {
      return upstreams.send(Calls.routeTo(BaseUrl.of(url)), Calls.whole(), new MemorySink());
    }
  }

  private static KeyStore selfSigned(Path file)
      throws IOException, GeneralSecurityException, InterruptedException {
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "backend",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(keytool.waitFor()).isZero();
    var keys = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    return keys;
  }
}
