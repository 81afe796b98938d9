package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.infrastructure.server.TlsFiles.Minimum;
import io.modelgate.testing.backend.SelfSigned;
import io.modelgate.testing.wire.RawConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The product's own TLS, with keys in every form that OpenSSL writes, made here and now. */
@Timeout(60)
class TlsListenerTest {
  private static final String REQUEST =
      "GET /ok HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

  @TempDir static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static SelfSigned first;

  @SuppressWarnings("NullAway.Init")
  private static SelfSigned second;

  @BeforeAll
  static void makeKeys() throws Exception {
    first = SelfSigned.in(Files.createDirectory(folder.resolve("first")));
    second = SelfSigned.in(Files.createDirectory(folder.resolve("second")));
    String subject = "-subj /CN=localhost -addext subjectAltName=DNS:localhost -days 2 -nodes";
    openssl("req -x509 -newkey rsa:2048 -keyout rsa.pem -out rsa.crt " + subject);
    openssl("rsa -in rsa.pem -traditional -out rsa-pkcs1.pem");
    openssl("pkcs8 -topk8 -in rsa.pem -passout pass:opensesame -out rsa-encrypted.pem");
    openssl("ecparam -name prime256v1 -genkey -out ec-sec1.pem");
    openssl("req -x509 -new -key ec-sec1.pem -out ec.crt " + subject);
    openssl("pkcs8 -topk8 -nocrypt -in ec-sec1.pem -out ec.pem");
  }

  private static void openssl(String arguments) throws IOException, InterruptedException {
    List<String> command = Stream.of(("openssl " + arguments).split(" ")).toList();
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(folder.resolve("openssl.log"))).isZero();
  }

  private static TlsFiles pem(String certificate, String key, String password) {
    return new TlsFiles(folder.resolve(certificate), folder.resolve(key), password, Minimum.V12);
  }

  private static TlsFiles pkcs12(Path store, String password) {
    return new TlsFiles(store, null, password, Minimum.V12);
  }

  private static ApiServer start(TlsIdentity identity) {
    return ApiServer.start(
        new ServerSettings("localhost", 0, 1000, Duration.ZERO).with(identity),
        new ApiErrors(false),
        Metrics.create("test"),
        routing -> routing.get("/ok", (_, response) -> response.send("ok")));
  }

  static Stream<TlsFiles> forms() {
    return Stream.of(
        pem("rsa.crt", "rsa.pem", ""),
        pem("rsa.crt", "rsa-pkcs1.pem", ""),
        pem("rsa.crt", "rsa-encrypted.pem", "opensesame"),
        pem("ec.crt", "ec.pem", ""),
        pem("ec.crt", "ec-sec1.pem", ""),
        pkcs12(first.store(), SelfSigned.PASSWORD));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void servesWithAKeyInAnyForm(TlsFiles files) throws Exception {
    TlsIdentity identity = TlsIdentity.of(files);
    try (ApiServer server = start(identity);
        SSLSocket client = connect(server, trusting(files.read().shown()))) {
      client.startHandshake();
      client.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));

      assertThat(client.getInputStream().readAllBytes()).asString().endsWith("ok");
      assertThat(client.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
  }

  @Test
  void takesANewCertificateForNewConnectionsAndKeepsTheOldForABrokenOne() throws Exception {
    Path store = folder.resolve("live.p12");
    Files.copy(first.store(), store);
    TlsIdentity identity = TlsIdentity.of(pkcs12(store, SelfSigned.PASSWORD));
    try (ApiServer server = start(identity);
        SSLSocket old = connect(server, first.tls())) {
      old.startHandshake();
      Files.copy(second.store(), store, StandardCopyOption.REPLACE_EXISTING);
      identity.reload();
      try (SSLSocket fresh = connect(server, second.tls())) {
        fresh.startHandshake();
      }
      Files.writeString(store, "broken");
      identity.reload();
      try (SSLSocket fresh = connect(server, second.tls())) {
        fresh.startHandshake();
      }

      old.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
      assertThat(old.getInputStream().readAllBytes()).asString().as("lives on").endsWith("ok");
    }
  }

  @Test
  void speaksNoOlderVersionThanItMay() throws Exception {
    var files = new TlsFiles(first.store(), null, SelfSigned.PASSWORD, Minimum.V13);
    try (ApiServer server = start(TlsIdentity.of(files));
        SSLSocket client = connect(server, first.tls())) {
      client.setEnabledProtocols(new String[] {"TLSv1.2"});

      assertThatThrownBy(client::startHandshake).isInstanceOf(SSLException.class);
    }
  }

  @Test
  void closesAClientThatDoesNotGreetAndOneThatSpeaksPlainly() throws Exception {
    var limits =
        new ConnectionLimits(
            10,
            Duration.ofMillis(150),
            Duration.ofSeconds(30),
            1000,
            Duration.ofSeconds(30),
            Duration.ofSeconds(30));
    var settings =
        new ServerSettings("localhost", 0, 1000, Duration.ZERO)
            .with(limits)
            .with(TlsIdentity.of(pkcs12(first.store(), SelfSigned.PASSWORD)));
    try (ApiServer server =
            ApiServer.start(settings, new ApiErrors(false), Metrics.create("test"), _ -> {});
        var silent = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      silent.setSoTimeout(10_000);
      assertThat(silent.getInputStream().read()).isNegative();
      assertThat(answerInPlain(server)).doesNotContain("HTTP/1.1");
    }
  }

  /** Whatever comes until the connection is closed; a reset is a close, too. */
  private static String answerInPlain(ApiServer server) throws IOException {
    try (var plain = RawConnection.to(server.port())) {
      return new String(plain.send(REQUEST).rest(), StandardCharsets.ISO_8859_1);
    } catch (SocketException _) {
      return "";
    }
  }

  @Test
  void saysWhatIsWrongWithItsFilesAndNoPassword() {
    assertThatUnusable(pem("missing.crt", "rsa.pem", ""), "there is no file", "missing.crt");
    assertThatUnusable(pem("rsa.crt", "missing.pem", ""), "there is no file", "missing.pem");
    assertThatUnusable(pem("rsa.pem", "rsa.pem", ""), "no certificate");
    assertThatUnusable(pem("rsa.crt", "rsa.crt", ""), "no private key");
    assertThatUnusable(pem("rsa.crt", "ec.pem", ""), "does not belong");
    assertThatUnusable(pem("rsa.crt", "rsa-encrypted.pem", "wrong-pass"), "password");
    assertThatUnusable(pkcs12(first.store(), "wrong-pass"), "password");
    assertThatUnusable(pkcs12(folder.resolve("rsa.crt"), ""), "PKCS #12");
    assertThat(pem("rsa.crt", "rsa.pem", "wrong-pass").toString()).doesNotContain("wrong-pass");
  }

  private static void assertThatUnusable(TlsFiles files, String... words) {
    assertThatThrownBy(() -> TlsIdentity.of(files))
        .isInstanceOf(TlsUnusable.class)
        .message()
        .contains(words)
        .doesNotContain("wrong-pass");
  }

  private static SSLSocket connect(ApiServer server, SSLContext context) throws IOException {
    var socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", server.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static SSLContext trusting(Certificate certificate) throws Exception {
    var store = java.security.KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("server", certificate);
    var managers =
        javax.net.ssl.TrustManagerFactory.getInstance(
            javax.net.ssl.TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}
