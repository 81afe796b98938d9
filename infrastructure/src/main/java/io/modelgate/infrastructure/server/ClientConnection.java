package io.modelgate.infrastructure.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.modelgate.infrastructure.server.ConnectionMeters.Slow;
import io.modelgate.infrastructure.server.OpenConnections.Arrival;
import io.modelgate.infrastructure.server.RequestFraming.Phase;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, read request by request ({@link RequestFraming}), and ended when its
 * client takes too long ({@link ConnectionLimits}). Its end is seen while a call is being served,
 * too: when that takes long, another thread goes on reading, and the end of what the client sends,
 * or of the connection, is its hanging up; so is sending far ahead. What that thread reads of a
 * next request waits here for the server. Thread-safe.
 */
public final class ClientConnection implements Supplier<byte[]> {
  /** The one whose thread is running. */
  static final ScopedValue<ClientConnection> CURRENT = ScopedValue.newInstance();

  /** Nobody sends more behind a call than a small request or two. */
  private static final int MOST_AHEAD = 64 * 1024;

  /** A client that takes some of a large reply now and then shall be seen to do so. */
  private static final int MOST_AT_ONCE = 64 * 1024;

  private static final long SHORT_CALL = Duration.ofMillis(200).toNanos();
  private static final long NO_PLACE = Duration.ofSeconds(1).toNanos();
  private static final long LAST_WORDS = Duration.ofSeconds(1).toNanos();

  /** No instant that {@link System#nanoTime()} tells in this program's life. */
  private static final long NEVER = Long.MIN_VALUE;

  private static final long TOO_LATE = Long.MIN_VALUE + 1;

  private final HelidonSocket socket;
  private final Arrival arrival;
  private final OpenConnections connections;

  private final RequestFraming framing = new RequestFraming();
  private boolean first = true;
  private long phaseBegan;
  private long bodyBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition hasRead = lock.newCondition();
  private final Deque<byte[]> ahead = new ArrayDeque<>();
  private int bytesAhead;
  private boolean readingAhead;
  private boolean ended;
  private boolean stopped;
  private @Nullable RuntimeException broken;
  private @Nullable Runnable hangUp;
  private volatile long watchedSince = NEVER;

  /** Until when the server's thread waits for the client; too late once the wait was ended. */
  private final AtomicLong waitsUntil = new AtomicLong(NEVER);

  private final AtomicLong writesSince = new AtomicLong(NEVER);
  private volatile long closesAt = NEVER;
  private volatile Slow slow = Slow.HEAD;
  private volatile boolean silent = true;
  private volatile boolean answering;
  private volatile boolean notTaken;
  private volatile @Nullable String requestId;

  ClientConnection(HelidonSocket socket, Arrival arrival, OpenConnections connections) {
    this.socket = socket;
    this.arrival = arrival;
    this.connections = connections;
    this.phaseBegan = arrival.nanos();
  }

  /** The one that a request came over. */
  public static ClientConnection of(ServerRequest request) {
    return request
        .context()
        .get(ClientConnection.class)
        .orElseThrow(() -> new IllegalStateException("the call filter comes before every handler"));
  }

  /**
   * Asks to be told when the client hangs up, or takes nothing of the reply for too long, which
   * comes to the same, or the gateway ends the call, before the request has been served.
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
    } finally {
      lock.unlock();
    }
    if (gone) {
      action.run();
    } else {
      watchedSince = System.nanoTime();
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
    if (told == null) {
      endUpload();
    } else {
      told.run();
    }
  }

  /** Where the rest of a request is still waited for, its client is told that it need not come. */
  private void endUpload() {
    long until = waitsUntil.get();
    if (until <= TOO_LATE || slow != Slow.BODY || answering) {
      return;
    }
    notTaken = true;
    if (waitsUntil.compareAndSet(until, TOO_LATE)) {
      sayAndClose(System.nanoTime(), connections.errors().stopping(requestId));
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

  /** A request is being served. */
  void serving(String id) {
    requestId = id;
  }

  /** The request has been served: nobody asks any more whether its client is there. */
  void served() {
    watchedSince = NEVER;
    lock.lock();
    try {
      hangUp = null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The status of a request that no handler could answer: what its client was told because the rest
   * of it did not come, or 499 when the client left.
   */
  int statusUnanswered() {
    if (waitsUntil.get() != TOO_LATE) {
      return CallLog.CLIENT_GONE;
    }
    return notTaken ? 503 : 408;
  }

  /** For another thread than the connection's: ends what takes too long. */
  void lookAt(long now) {
    if (closesAt != NEVER && now - closesAt >= 0) {
      OpenConnections.closeQuietly(arrival.channel());
    }
    long writing = writesSince.get();
    if (writing != NEVER && now - writing >= connections.limits().write().toNanos()) {
      giveUpWriting(writing);
    }
    long until = waitsUntil.get();
    if (until > TOO_LATE && now - until >= 0 && waitsUntil.compareAndSet(until, TOO_LATE)) {
      giveUpWaiting(now);
    }
    long watched = watchedSince;
    if (watched != NEVER && now - watched >= SHORT_CALL) {
      beginToReadAhead();
    }
  }

  private void giveUpWriting(long writing) {
    if (writesSince.compareAndSet(writing, NEVER)) {
      connections.meters().timedOut(Slow.WRITE);
      Runnable action = takeHangUp();
      if (action != null) {
        action.run();
      }
      OpenConnections.closeQuietly(arrival.channel());
    }
  }

  private @Nullable Runnable takeHangUp() {
    lock.lock();
    try {
      Runnable action = hangUp;
      hangUp = null;
      return action;
    } finally {
      lock.unlock();
    }
  }

  /** Says why, where a request has begun; then the client has a moment to take the answer. */
  private void giveUpWaiting(long now) {
    connections.meters().timedOut(slow);
    if (silent || answering) {
      OpenConnections.closeQuietly(arrival.channel());
      return;
    }
    sayAndClose(now, connections.errors().timedOut(slow == Slow.BODY ? requestId : null));
  }

  private void sayAndClose(long now, byte[] answer) {
    closesAt = now + LAST_WORDS;
    Thread.ofVirtual().name("slow-client").start(() -> writeQuietly(answer));
  }

  private void writeQuietly(byte[] bytes) {
    try {
      socket.write(BufferData.create(bytes));
    } catch (RuntimeException _) {
      // Nobody is there to be told.
    }
  }

  private void beginToReadAhead() {
    lock.lock();
    try {
      if (hangUp != null && !readingAhead && !isOver()) {
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
      bytes = readSocket();
    } catch (RuntimeException e) {
      failure = e;
    }
    Kept kept = keep(bytes, failure);
    if (kept.told() != null) {
      kept.told().run();
      // Frees a handler that writes to a client that does not read.
      OpenConnections.closeQuietly(arrival.channel());
    }
    return kept.more();
  }

  /** TLS says that there is nothing before it says that it is the end. */
  private byte @Nullable [] readSocket() {
    byte[] bytes = socket.get();
    while (bytes != null && bytes.length == 0) {
      bytes = socket.get();
    }
    return bytes;
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
      boolean tooFar = hangUp != null && bytesAhead > MOST_AHEAD;
      readingAhead = !isOver() && hangUp != null && !tooFar;
      hasRead.signalAll();
      return new Kept(isOver() || tooFar ? hangUp : null, readingAhead);
    } finally {
      lock.unlock();
    }
  }

  private boolean isOver() {
    return ended || broken != null;
  }

  /** How much is kept for the server. */
  int bytesAhead() {
    lock.lock();
    try {
      return bytesAhead;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next bytes of the request that the client sent, or is sending, for the server's own thread;
   * waits for them.
   *
   * @return null at the end
   * @throws RequestException when what came is no request, or there is no place for it
   * @throws BodyLeftUnread when the client took too long
   * @throws ServerConnectionException when the connection is broken
   */
  @Override
  public byte @Nullable [] get() {
    byte[] part = take();
    while (part == null) {
      byte[] bytes = await();
      if (bytes == null) {
        return null;
      }
      framing.give(bytes);
      part = take();
    }
    return part;
  }

  private byte @Nullable [] take() {
    Phase before = framing.phase();
    if (before == Phase.BETWEEN) {
      answering = false;
    }
    byte[] part = framing.take();
    Phase after = framing.phase();
    if (part == null) {
      if (before == Phase.BETWEEN && after == Phase.HEAD && !first) {
        phaseBegan = System.nanoTime();
      }
    } else if (before == Phase.BODY) {
      bodyBytes += part.length;
    } else {
      first = false;
      bodyBytes = part.length;
      if (after == Phase.BODY) {
        phaseBegan = System.nanoTime();
      }
    }
    return part;
  }

  private byte @Nullable [] await() {
    long until = deadline();
    if (!waitsUntil.compareAndSet(NEVER, until)) {
      throw new BodyLeftUnread();
    }
    if (slow == Slow.BODY && isStopped()) {
      endUpload();
    }
    byte[] bytes = next();
    if (!waitsUntil.compareAndSet(until, NEVER)) {
      throw new BodyLeftUnread();
    }
    if (bytes != null && arrival.tooMany()) {
      throw tooMany();
    }
    return bytes;
  }

  /** When the client must have sent the next bytes. */
  private long deadline() {
    ConnectionLimits limits = connections.limits();
    return switch (framing.phase()) {
      case BETWEEN -> {
        slow = first ? Slow.HEAD : Slow.IDLE;
        silent = true;
        if (!first) {
          yield System.nanoTime() + limits.idle().toNanos();
        }
        long patience = limits.head().toNanos();
        yield phaseBegan + (arrival.tooMany() ? Math.min(patience, NO_PLACE) : patience);
      }
      case HEAD -> {
        slow = Slow.HEAD;
        silent = false;
        yield phaseBegan + limits.head().toNanos();
      }
      case BODY -> {
        slow = Slow.BODY;
        silent = false;
        long earned = bodyBytes * 1_000_000_000L / limits.bodyBytesPerSecond();
        yield phaseBegan + limits.body().toNanos() + earned;
      }
    };
  }

  private static RequestException tooMany() {
    return RequestException.builder()
        .type(EventType.OTHER)
        .status(Status.SERVICE_UNAVAILABLE_503)
        .setKeepAlive(false)
        .message("too many connections")
        .build();
  }

  /** Whatever comes next, of any request. */
  byte @Nullable [] discard() {
    return next();
  }

  private byte @Nullable [] next() {
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
      OpenConnections.closeQuietly(arrival.channel());
      Thread.currentThread().interrupt();
      throw new ServerConnectionException("interrupted while waiting for a request", e);
    }
    try {
      return readSocket();
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

  /** Writes all of it; for one thread at a time. */
  void write(BufferData buffer) {
    answering = true;
    if (buffer.available() <= MOST_AT_ONCE) {
      writeOnce(buffer);
      return;
    }
    while (!buffer.consumed()) {
      var some = new byte[Math.min(buffer.available(), MOST_AT_ONCE)];
      int read = buffer.read(some);
      writeOnce(BufferData.create(some, 0, read));
    }
  }

  private void writeOnce(BufferData buffer) {
    if (waitsUntil.get() == TOO_LATE) {
      throw new ServerConnectionException(
          "the client was given up", new IllegalStateException("it took too long"));
    }
    writesSince.set(System.nanoTime());
    try {
      socket.write(buffer);
    } finally {
      writesSince.set(NEVER);
    }
  }

  /** Ends the connection, with TLS's farewell where it speaks TLS. */
  void close() {
    writesSince.set(System.nanoTime());
    try {
      socket.close();
    } catch (RuntimeException _) {
      // What fails to close is closed.
    } finally {
      writesSince.set(NEVER);
    }
  }
}
