package io.modelgate.infrastructure.server;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, read so that its end is seen while a call is being served: when that
 * takes long, another thread goes on reading, and the end of what the client sends, or of the
 * connection, is its hanging up. What it reads of a next request waits here for the server.
 * Thread-safe.
 */
public final class ClientConnection implements Supplier<byte[]> {
  /** The one whose thread is running. */
  static final ScopedValue<ClientConnection> CURRENT = ScopedValue.newInstance();

  /** Of requests sent ahead, more is left in the socket. */
  private static final int MOST_AHEAD = 64 * 1024;

  private final HelidonSocket socket;
  private final ClientWatch watch;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition hasRead = lock.newCondition();
  private final Deque<byte[]> ahead = new ArrayDeque<>();
  private int bytesAhead;
  private boolean readingAhead;
  private boolean ended;
  private boolean stopped;
  private @Nullable RuntimeException broken;
  private @Nullable Runnable hangUp;
  private long watchedSince;

  ClientConnection(HelidonSocket socket, ClientWatch watch) {
    this.socket = socket;
    this.watch = watch;
  }

  /** The one that a request came over. */
  public static ClientConnection of(ServerRequest request) {
    return request
        .context()
        .get(ClientConnection.class)
        .orElseThrow(() -> new IllegalStateException("the call filter comes before every handler"));
  }

  /**
   * Asks to be told when the client hangs up, or the gateway ends the call, before the request has
   * been served.
   *
   * @param action run at most once, on another thread, or at once when that is known to have
   *     happened already; must not block. Replaces what was asked before
   */
  public void whenGone(Runnable action) {
    boolean gone;
    lock.lock();
    try {
      gone = isOver() || stopped;
      hangUp = action;
      watchedSince = System.nanoTime();
    } finally {
      lock.unlock();
    }
    if (gone) {
      action.run();
    } else {
      watch.add(this);
    }
  }

  /**
   * Ends the request that is being served as if its client had hung up; but the client is there to
   * be told why.
   */
  void stop() {
    Runnable told;
    lock.lock();
    try {
      if (isOver() || stopped) {
        return;
      }
      stopped = true;
      told = hangUp;
      hangUp = null;
    } finally {
      lock.unlock();
    }
    if (told != null) {
      told.run();
    }
  }

  /** Whether the gateway ended the request, since it stops. */
  public boolean isStopped() {
    lock.lock();
    try {
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  /** The request has been served: nobody asks any more whether its client is there. */
  void served() {
    watch.remove(this);
    lock.lock();
    try {
      hangUp = null;
    } finally {
      lock.unlock();
    }
  }

  /** Begins to read ahead if a call has lasted so long. */
  void readAheadIfOlderThan(long nanos) {
    lock.lock();
    try {
      boolean wanted = hangUp != null && !readingAhead && !isOver() && bytesAhead < MOST_AHEAD;
      if (wanted && System.nanoTime() - watchedSince >= nanos) {
        readingAhead = true;
        Thread.ofVirtual().name("client-watch").start(this::readAhead);
      }
    } finally {
      lock.unlock();
    }
  }

  private void readAhead() {
    boolean more = true;
    while (more) {
      more = readOnce();
    }
  }

  /** Says whether to go on. */
  private boolean readOnce() {
    byte[] bytes = null;
    RuntimeException failure = null;
    try {
      do {
        bytes = socket.get();
      } while (bytes != null && bytes.length == 0); // TLS says so before its end
    } catch (RuntimeException e) {
      failure = e;
    }
    Kept kept = keep(bytes, failure);
    if (kept.told() != null) {
      kept.told().run();
      closeQuietly(); // frees a handler that writes to a client that does not read
    }
    return kept.more();
  }

  /**
   * What follows from a read.
   *
   * @param told what is to be run now, if that was the end
   * @param more whether to read on
   */
  private record Kept(@Nullable Runnable told, boolean more) {}

  private Kept keep(byte @Nullable [] bytes, @Nullable RuntimeException failure) {
    lock.lock();
    try {
      broken = failure;
      ended = bytes == null;
      if (bytes != null) {
        ahead.add(bytes);
        bytesAhead += bytes.length;
      }
      readingAhead = !isOver() && hangUp != null && bytesAhead < MOST_AHEAD;
      hasRead.signalAll();
      return new Kept(isOver() ? hangUp : null, readingAhead);
    } finally {
      lock.unlock();
    }
  }

  private boolean isOver() {
    return ended || broken != null;
  }

  /**
   * The next bytes the client sent, for the server's own thread; waits for them.
   *
   * @return null at the end
   * @throws ServerConnectionException when the connection is broken
   */
  @Override
  public byte @Nullable [] get() {
    try {
      lock.lockInterruptibly();
      try {
        while (ahead.isEmpty() && readingAhead) {
          hasRead.await();
        }
        byte[] next = ahead.poll();
        if (next != null) {
          bytesAhead -= next.length;
          return next;
        }
        if (isOver()) {
          return endOrFailure();
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      // As an interrupted read does.
      closeQuietly();
      Thread.currentThread().interrupt();
      throw new ServerConnectionException("interrupted while waiting for a request", e);
    }
    return read();
  }

  private byte @Nullable [] read() {
    try {
      return socket.get();
    } catch (UncheckedIOException e) {
      throw new ServerConnectionException("the client's connection failed", e);
    }
  }

  private byte @Nullable [] endOrFailure() {
    if (broken != null) {
      throw new ServerConnectionException("the client's connection failed", broken);
    }
    return null;
  }

  private void closeQuietly() {
    try {
      socket.close();
    } catch (RuntimeException _) {
      // What fails to close is closed.
    }
  }
}
