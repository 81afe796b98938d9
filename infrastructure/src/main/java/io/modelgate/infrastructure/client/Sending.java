package io.modelgate.infrastructure.client;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A long request on its way, sent by a thread of its own: a backend may answer before it has read
 * it all, and read no more of it. Ends when the connection is closed, whoever does that.
 */
final class Sending {
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean whole;

  private Sending() {}

  static Sending start(OutputStream out, byte[] request) {
    var sending = new Sending();
    Thread.ofVirtual().name("upstream-send").start(() -> sending.run(out, request));
    return sending;
  }

  private void run(OutputStream out, byte[] request) {
    try {
      out.write(request);
      whole = true;
    } catch (IOException _) {
      // Who waits for the reply learns it from the same connection.
    } finally {
      over.countDown();
    }
  }

  /** Whether all of it has gone out; waits that long for it. */
  boolean isWholeWithin(Duration patience) {
    try {
      return over.await(patience.toNanos(), TimeUnit.NANOSECONDS) && whole;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
