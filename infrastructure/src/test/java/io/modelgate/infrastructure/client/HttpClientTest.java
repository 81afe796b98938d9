package io.modelgate.infrastructure.client;

import static io.modelgate.testing.backend.ScriptedBackend.send;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.net.Network;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.testing.backend.ConnectProxy;
import io.modelgate.testing.backend.ScriptedBackend;
import io.modelgate.testing.backend.SelfSigned;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpClientTest {
  private static final byte[] REQUEST = "GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII);
  private static final String HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

  private final ScriptedBackend backend = ScriptedBackend.start();
  private final HttpClient client =
      HttpClient.open(Duration.ofSeconds(2), (SSLSocketFactory) SSLSocketFactory.getDefault());

  @AfterEach
  void stop() throws IOException {
    client.close();
    backend.close();
  }

  @Test
  void callsNoAddressThatIsRefused() {
    var here = new Origin(false, "0.0.0.0", backend.port(), null);

    assertThatThrownBy(() -> ask(client, here))
        .isInstanceOfSatisfying(
            CallFailed.class,
            failed ->
                assertThat(failed.failure())
                    .isInstanceOfSatisfying(
                        UpstreamFailure.Unreachable.class,
                        unreachable ->
                            assertThat(unreachable.detail())
                                .contains("0.0.0.0 is an address that is not called")));
    assertThat(backend.connections()).isZero();
  }

  @Test
  void callsARefusedAddressThatIsAllowed() throws IOException {
    backend.onRequest(send(HELLO));
    var allowed = new BackendAddresses(List.of(Network.of("0.0.0.0/32")));
    HttpClient allowing = client.with(Duration.ofSeconds(2), allowed);

    assertThat(ask(allowing, new Origin(false, "0.0.0.0", backend.port(), null)).body())
        .isEqualTo("hello");
  }

  @Test
  void asksNoProxyForARefusedAddress() throws IOException {
    try (var proxy = ConnectProxy.start()) {
      assertThatThrownBy(() -> ask(client, origin("169.254.169.254", proxy, "")))
          .isInstanceOf(CallFailed.class);
      assertThat(proxy.asked()).isEmpty();
    }
  }

  @Test
  void goesThroughAProxyToAPlainBackend() throws IOException {
    backend.onRequest(send(HELLO));
    try (var proxy = ConnectProxy.start()) {
      assertThat(ask(client, origin("gpu.invalid", proxy, "")).body()).isEqualTo("hello");
      assertThat(proxy.asked())
          .containsExactly(
              "CONNECT gpu.invalid:%1$d HTTP/1.1\r\nHost: gpu.invalid:%1$d\r\n\r\n"
                  .formatted(backend.port()));
    }
  }

  @Test
  void goesThroughAProxyToABackendOverTls(@TempDir Path folder) throws Exception {
    var certificate = SelfSigned.in(folder);
    try (var secure = ScriptedBackend.start(certificate.listen());
        var proxy = ConnectProxy.start();
        var trusting =
            HttpClient.open(Duration.ofSeconds(2), certificate.tls().getSocketFactory())) {
      secure.onRequest(send(HELLO));
      var origin = new Origin(true, "localhost", secure.port(), proxyAt(proxy, "me:p%20w@"));

      assertThat(ask(trusting, origin).body()).isEqualTo("hello");
      assertThat(proxy.asked().getFirst())
          .contains(
              "\r\nProxy-Authorization: Basic "
                  + Base64.getEncoder().encodeToString("me:p w".getBytes(US_ASCII))
                  + "\r\n");
    }
  }

  @Test
  void keepsConnectionsThroughAProxyApartFromDirectOnes() throws IOException {
    backend.onRequest(send(HELLO)).onRequest(send(HELLO)).onRequest(send(HELLO));
    try (var proxy = ConnectProxy.start()) {
      ask(client, origin("127.0.0.1", proxy, ""));
      ask(client, new Origin(false, "127.0.0.1", backend.port(), null));
      ask(client, origin("127.0.0.1", proxy, ""));

      assertThat(proxy.asked()).hasSize(1);
      assertThat(backend.connections()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nwho",
        "HTTP/1.1 200 OK\r\n\r\nand more",
        "SSH-2.0-OpenSSH\r\n",
        "",
      })
  void isUnreachableWhenTheProxyDoesNotConnect(String answer) throws IOException {
    try (var proxy = ConnectProxy.answering(answer)) {
      UpstreamFailure failure = failure(origin("gpu.invalid", proxy, "user:secret@"));

      assertThat(failure).isInstanceOf(Unreachable.class);
      assertThat(failure.toString()).doesNotContain("secret", "c2VjcmV0");
    }
  }

  @Test
  void isUnreachableWhenTheHostIsUnknown() {
    assertThat(failure(new Origin(false, "no-such-host.invalid", 80, null)))
        .isInstanceOf(Unreachable.class);
  }

  @Test
  void doesNotEvenConnectOnceItIsCancelled() {
    var cancellation = new Cancellation();
    cancellation.cancel();

    var origin = new Origin(false, "127.0.0.1", backend.port(), null);
    assertThat(catchThrowableOfType(CallFailed.class, () -> open(client, origin, cancellation)))
        .isNotNull();
    assertThat(backend.requests()).isEmpty();
  }

  @Test
  void leavesAConnectionAloneThatWasGivenBack() throws IOException {
    backend.onRequest(send(HELLO)).onRequest(send(HELLO));
    var origin = new Origin(false, "127.0.0.1", backend.port(), null);
    var first = new Cancellation();
    try (Exchange exchange = open(client, origin, first)) {
      exchange.readWhole(100, soon());
      exchange.release();
    }

    first.cancel();

    assertThat(first.isCancelled()).isFalse();
    assertThat(ask(client, origin).body()).isEqualTo("hello");
    assertThat(backend.connections()).isOne();
  }

  @Test
  void doesNotSendAgainWhatMayHaveBeenWorkedOn() throws IOException {
    backend
        .onRequest(send(HELLO))
        .onRequest(ScriptedBackend.pause(Duration.ofMillis(1_100)), ScriptedBackend.hangUp());
    var origin = new Origin(false, "127.0.0.1", backend.port(), null);
    ask(client, origin);

    assertThat(failure(origin)).isInstanceOf(UpstreamFailure.Unanswered.class);
    assertThat(backend.requests()).hasSize(2);
  }

  @Test
  void doesNotReuseAConnectionOnWhichARequestIsStillOnItsWay() throws Exception {
    var answered = new CountDownLatch(1);
    backend
        .onConnection(
            ScriptedBackend.hear(100),
            send(HELLO),
            ScriptedBackend.await(answered),
            ScriptedBackend.drain())
        .onRequest(send(HELLO));
    var origin = new Origin(false, "127.0.0.1", backend.port(), null);
    byte[] body = "x".repeat(20 << 20).getBytes(US_ASCII);

    try (Exchange exchange = client.send(origin, body, soon(), new Cancellation())) {
      assertThat(exchange.readWhole(100, soon())).asString(US_ASCII).isEqualTo("hello");
      exchange.release();
    }
    answered.countDown();

    assertThat(ask(client, origin).body()).isEqualTo("hello");
    assertThat(backend.connections()).isEqualTo(2);
  }

  private record Answer(int status, String body) {}

  private static Answer ask(HttpClient client, Origin origin) throws CallFailed {
    try (Exchange exchange = open(client, origin, new Cancellation())) {
      byte[] body = exchange.readWhole(1000, soon());
      exchange.release();
      return new Answer(exchange.status(), new String(body, US_ASCII));
    }
  }

  private static Exchange open(HttpClient client, Origin origin, Cancellation cancellation)
      throws CallFailed {
    return client.send(origin, REQUEST, soon(), cancellation);
  }

  private UpstreamFailure failure(Origin origin) {
    return catchThrowableOfType(CallFailed.class, () -> ask(client, origin)).failure();
  }

  private Origin origin(String host, ConnectProxy proxy, String user) {
    return new Origin(false, host, backend.port(), proxyAt(proxy, user));
  }

  private static Proxy proxyAt(ConnectProxy proxy, String user) {
    return Proxy.of("http://" + user + "127.0.0.1:" + proxy.port());
  }

  private static Deadline soon() {
    return Deadline.in(Phase.HEAD, Duration.ofSeconds(10));
  }
}
