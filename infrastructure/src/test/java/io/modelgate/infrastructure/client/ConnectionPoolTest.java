package io.modelgate.infrastructure.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.routing.BackendAddresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConnectionPoolTest {
  private final AtomicLong now = new AtomicLong();
  private final ConnectionPool pool = new ConnectionPool(Duration.ofSeconds(4), now::get);
  private ServerSocket server;
  private Origin origin;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    server.setSoTimeout(10_000);
    origin = new Origin(false, "127.0.0.1", server.getLocalPort(), null);
  }

  @AfterEach
  void stop() throws IOException {
    pool.close();
    server.close();
  }

  @Test
  void givesTheOneUsedLastFirst() throws IOException {
    var first = connect();
    var second = connect();
    pool.give(first);
    pool.give(second);

    assertThat(pool.take(origin)).isSameAs(second);
    assertThat(pool.take(origin)).isSameAs(first);
    assertThat(pool.take(origin)).isNull();
  }

  @Test
  void keepsOriginsApart() throws IOException {
    pool.give(connect());

    assertThat(pool.take(new Origin(true, origin.host(), origin.port(), null))).isNull();
    assertThat(pool.take(new Origin(false, "localhost", origin.port(), null))).isNull();
  }

  @Test
  void doesNotGiveWhatRestedTooLong() throws IOException {
    var connection = connect();
    Socket other = server.accept();
    pool.give(connection);
    rest(Duration.ofSeconds(4));

    assertThat(pool.take(origin)).isNull();
    assertThat(other.getInputStream().read()).as("it was closed").isEqualTo(-1);
    other.close();
  }

  @Test
  void doesNotGiveWhatHasBytesThatNobodyAskedFor() throws IOException {
    var connection = connect();
    try (Socket other = server.accept()) {
      pool.give(connection);
      other.getOutputStream().write('H');
      while (!connection.hasLeftOver()) {
        Thread.onSpinWait();
      }
      assertThat(pool.take(origin)).isNull();
    }
  }

  @Test
  void closesWhatRestedTooLongAndKeepsTheRest() throws IOException {
    pool.give(connect());
    Socket old = server.accept();
    rest(Duration.ofSeconds(3));
    var young = connect();
    pool.give(young);
    rest(Duration.ofSeconds(1));

    pool.closeOld();

    assertThat(old.getInputStream().read()).isEqualTo(-1);
    assertThat(pool.take(origin)).isSameAs(young);
    old.close();
  }

  @Test
  void keepsNothingOnceItIsClosed() throws IOException {
    var late = connect();
    Socket other = server.accept();
    pool.close();

    pool.give(late);

    assertThat(pool.take(origin)).isNull();
    assertThat(other.getInputStream().read()).isEqualTo(-1);
    other.close();
  }

  private void rest(Duration duration) {
    now.addAndGet(duration.toNanos());
  }

  private Connection connect() throws IOException {
    return Connection.open(
        origin,
        BackendAddresses.USUAL,
        Duration.ofSeconds(5),
        (SSLSocketFactory) SSLSocketFactory.getDefault(),
        new Cancellation());
  }
}
