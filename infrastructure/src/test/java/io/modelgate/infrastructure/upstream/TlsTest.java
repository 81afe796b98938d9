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
import io.modelgate.testing.GivenBudget;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.backend.SelfSigned;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A backend whose certificate names {@code localhost} and nothing else. */
@Timeout(60)
class TlsTest {
  @TempDir private Path folder;
  private SSLContext trusting;
  private ScriptedBackend backend;

  @BeforeEach
  void listen() throws IOException, GeneralSecurityException, InterruptedException {
    var certificate = SelfSigned.in(folder);
    trusting = certificate.tls();
    backend = ScriptedBackend.start(certificate.listen());
  }

  @AfterEach
  void stop() throws IOException {
    backend.close();
  }

  @Test
  void callsABackendWhoseCertificateIsTrustedAndNamesIt() {
    backend.onRequest(send(Replies.json(COMPLETION)));

    assertThat(ask("https://localhost:" + backend.port(), trusting)).isInstanceOf(Complete.class);
  }

  @Test
  void doesNotCallABackendWhoseCertificateNamesAnother() {
    assertUnreachable(ask("https://127.0.0.1:" + backend.port(), trusting));
  }

  @Test
  void doesNotCallABackendWhoseCertificateIsNotTrusted() throws GeneralSecurityException {
    assertUnreachable(ask("https://localhost:" + backend.port(), SSLContext.getDefault()));
  }

  @Test
  void doesNotWaitForeverForAGreeting() throws IOException {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertUnreachable(ask("https://localhost:" + silent.getLocalPort(), trusting));
    }
  }

  private void assertUnreachable(Delivery delivery) {
    assertThat(delivery)
        .isInstanceOfSatisfying(
            NoReply.class, none -> assertThat(none.failure()).isInstanceOf(Unreachable.class));
    assertThat(backend.requests()).isEmpty();
  }

  private static Delivery ask(String url, SSLContext tls) {
    var settings =
        new UpstreamSettings(
            Duration.ofSeconds(20),
            Duration.ofSeconds(2),
            1024 * 1024,
            Map.of(BackendKind.VLLM, new UpstreamSettings.Adapter(null, null, StreamUsage.ASK)),
            null);
    try (var upstreams = Upstreams.open(settings, InstantSource.system(), tls)) {
      return upstreams.send(
          Calls.routeTo(BaseUrl.of(url)), Calls.whole(), GivenBudget.endless(), new MemorySink());
    }
  }
}
