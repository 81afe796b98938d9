package io.modelgate.infrastructure.client;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Closes a socket when work on it lasts too long. A read has a timeout of its own; a TLS handshake,
 * which writes too, has none.
 */
final class Watchdog {
  private enum State {
    WATCHING,
    FINISHED,
    EXPIRED
  }

  /** What has no timeout of its own. */
  interface Work {
    void run() throws IOException;
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.WATCHING);
  private final CountDownLatch finished = new CountDownLatch(1);

  private Watchdog() {}

  /**
   * Does the work.
   *
   * @throws SocketTimeoutException when it was not done by the deadline; the socket is closed then
   */
  static void guard(Socket socket, Deadline deadline, Work work) throws IOException {
    var watchdog = new Watchdog();
    int patience = deadline.remainingMillis();
    Thread.ofVirtual().name("upstream-watchdog").start(() -> watchdog.watch(socket, patience));
    try {
      work.run();
    } catch (IOException e) {
      throw watchdog.isInTime() ? e : expired(deadline);
    }
    if (!watchdog.isInTime()) {
      throw expired(deadline);
    }
  }

  private static SocketTimeoutException expired(Deadline deadline) {
    return new SocketTimeoutException("closed after " + deadline.allowed());
  }

  private void watch(Socket socket, int patienceMillis) {
    try {
      if (!finished.await(patienceMillis, TimeUnit.MILLISECONDS)
          && state.compareAndSet(State.WATCHING, State.EXPIRED)) {
        socket.close();
      }
    } catch (InterruptedException | IOException _) {
      // Nobody interrupts this thread, and a socket that fails to close is closed.
    }
  }

  /** Ends the watch; says whether it ended before the time did. */
  private boolean isInTime() {
    state.compareAndSet(State.WATCHING, State.FINISHED);
    finished.countDown();
    return state.get() == State.FINISHED;
  }
}
