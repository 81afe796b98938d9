package io.modelgate.infrastructure.client;

import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendAddresses;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;

/**
 * HTTP/1.1 to the backends over pooled blocking sockets. Our own, for its control of a call: a
 * deadline for each phase, one retry only where no byte of a reply came, cancelling by closing the
 * socket (ADR 10). Thread-safe; blocks.
 */
public final class HttpClient implements AutoCloseable {
  /** vLLM and llama-server close after 5 s of rest. */
  private static final Duration KEEP_IDLE = Duration.ofSeconds(4);

  /** A connection that had been closed for its age is found so within a round trip. */
  private static final Duration FOUND_CLOSED = Duration.ofSeconds(1);

  private final Duration connectTimeout;
  private final BackendAddresses addresses;
  private final SSLSocketFactory tls;
  private final ConnectionPool pool;
  private final CountDownLatch closed;

  private HttpClient(
      Duration connectTimeout,
      BackendAddresses addresses,
      SSLSocketFactory tls,
      ConnectionPool pool,
      CountDownLatch closed) {
    this.connectTimeout = connectTimeout;
    this.addresses = addresses;
    this.tls = tls;
    this.pool = pool;
    this.closed = closed;
  }

  /** One that calls the addresses that are usual. */
  public static HttpClient open(Duration connectTimeout, SSLSocketFactory tls) {
    var pool = new ConnectionPool(KEEP_IDLE, System::nanoTime);
    var client =
        new HttpClient(connectTimeout, BackendAddresses.USUAL, tls, pool, new CountDownLatch(1));
    Thread.ofVirtual().name("upstream-pool").start(client::closeOldConnections);
    return client;
  }

  /** This client with the same connections, but other rules for new ones; closed with it. */
  public HttpClient with(Duration otherConnectTimeout, BackendAddresses otherAddresses) {
    return new HttpClient(otherConnectTimeout, otherAddresses, tls, pool, closed);
  }

  private void closeOldConnections() {
    try {
      while (!closed.await(1, TimeUnit.SECONDS)) {
        pool.closeOld();
      }
    } catch (InterruptedException _) {
      // Nobody interrupts this thread; close() ends it.
    }
  }

  /**
   * Sends a request and waits for the reply's head. Sent once more, on a fresh connection, only
   * when a connection that had rested ended at once and before any byte of a reply: then the
   * backend had closed it for its age. One that ends later may have cost tokens.
   *
   * @param request head and body
   * @param cancellation ends it from another thread, then this fails in whatever way
   * @return with the body unread; to be closed
   */
  public Exchange send(Origin origin, byte[] request, Deadline head, Cancellation cancellation)
      throws CallFailed {
    var rested = pool.take(origin);
    if (rested != null) {
      long asked = System.nanoTime();
      try {
        cancellation.use(rested);
        return exchange(rested, request, head, cancellation);
      } catch (CallFailed e) {
        boolean atOnce = System.nanoTime() - asked < FOUND_CLOSED.toNanos();
        if (!(e.failure() instanceof UpstreamFailure.Unanswered)
            || !atOnce
            || cancellation.isCancelled()) {
          throw e;
        }
      }
    }
    var fresh = Connection.open(origin, addresses, connectTimeout(head), tls, cancellation);
    return exchange(fresh, request, head, cancellation);
  }

  private Duration connectTimeout(Deadline head) {
    return head.allowed().compareTo(connectTimeout) < 0 ? head.allowed() : connectTimeout;
  }

  private Exchange exchange(
      Connection connection, byte[] request, Deadline head, Cancellation cancellation)
      throws CallFailed {
    try {
      return new Exchange(connection, connection.ask(request, head), pool, cancellation);
    } catch (CallFailed e) {
      connection.close();
      throw e;
    }
  }

  /** Closes the connections that rest; calls under way go on, and close theirs at their end. */
  @Override
  public void close() {
    closed.countDown();
    pool.close();
  }
}
