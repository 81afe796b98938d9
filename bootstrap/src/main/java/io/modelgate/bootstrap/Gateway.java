package io.modelgate.bootstrap;

import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Stands in until the wiring is merged: opens nothing. */
final class Gateway implements AutoCloseable {
  private final CountDownLatch closed = new CountDownLatch(1);
  private final int port;

  private Gateway(int port) {
    this.port = port;
  }

  /**
   * Opens everything, the listener last.
   *
   * @throws StartFailure when something outside this program is in the way
   */
  static Gateway start(Settings settings) {
    return new Gateway(settings.server().port());
  }

  /** The port listened on. */
  int port() {
    return port;
  }

  /** What an operator should know once it is up, e.g. where keys lie; whole lines. */
  List<String> notices() {
    return List.of();
  }

  /** Blocks until {@link #close()} is done. */
  void awaitShutdown() throws InterruptedException {
    closed.await();
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
