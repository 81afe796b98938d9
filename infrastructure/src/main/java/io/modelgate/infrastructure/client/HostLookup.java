package io.modelgate.infrastructure.client;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks a host's addresses up, on a thread that is left behind when it takes too long: the system's
 * resolver can be neither timed nor cancelled.
 */
final class HostLookup implements Closeable {
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile InetAddress @Nullable [] addresses;
  private volatile @Nullable UnknownHostException unknown;

  private HostLookup() {}

  /**
   * All addresses, at least one.
   *
   * @throws UnknownHostException when there are none
   * @throws SocketTimeoutException when they are not known by the deadline
   */
  static InetAddress[] addresses(String host, Deadline deadline, Cancellation cancellation)
      throws IOException {
    if (isAddress(host)) {
      return InetAddress.getAllByName(host); // nothing to ask anybody
    }
    var lookup = new HostLookup();
    cancellation.use(lookup);
    Thread.ofVirtual().name("upstream-lookup").start(() -> lookup.run(host));
    return lookup.await(deadline);
  }

  private static boolean isAddress(String host) {
    return host.indexOf(':') >= 0 || host.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.');
  }

  private void run(String host) {
    try {
      addresses = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      unknown = e;
    } finally {
      done.countDown();
    }
  }

  private InetAddress[] await(Deadline deadline) throws IOException {
    try {
      if (!done.await(deadline.remainingMillis(), TimeUnit.MILLISECONDS)) {
        throw new SocketTimeoutException(
            "the host's name was not resolved within " + deadline.allowed());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return result();
  }

  private InetAddress[] result() throws IOException {
    InetAddress[] found = addresses;
    UnknownHostException failure = unknown;
    if (failure != null) {
      throw failure;
    }
    if (found == null) {
      throw new IOException("cancelled");
    }
    return found;
  }

  /** Ends the waiting. */
  @Override
  public void close() {
    done.countDown();
  }
}
