package io.modelgate.infrastructure.http;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Says a word on open streams that are silent, so that neither a proxy between nor the client takes
 * them for dead. Thread-safe.
 *
 * @see <a
 *     href="https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes">HTML:
 *     server-sent events, authoring notes</a>
 */
final class KeepAlive implements AutoCloseable {
  /** A comment: clients pass over it. */
  static final byte[] WORD = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(1);

  private final Supplier<StreamSettings> settings;
  private final Set<ResponseSink> open = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);

  private KeepAlive(Supplier<StreamSettings> settings) {
    this.settings = settings;
  }

  /** Watches from now on; the settings are asked for each time. */
  static KeepAlive start(Supplier<StreamSettings> settings) {
    var keepAlive = new KeepAlive(settings);
    Thread.ofVirtual().name("keep-alive").start(keepAlive::run);
    return keepAlive;
  }

  boolean opensEarly() {
    return settings.get().earlyHeaders();
  }

  void add(ResponseSink stream) {
    open.add(stream);
  }

  void remove(ResponseSink stream) {
    open.remove(stream);
  }

  private void run() {
    try {
      while (!closed.await(sleep().toMillis(), TimeUnit.MILLISECONDS)) {
        Duration silence = settings.get().keepAlive();
        if (silence.isPositive()) {
          open.forEach(stream -> breakSilence(stream, silence));
        }
      }
    } catch (InterruptedException _) {
      // Nobody interrupts this thread; close() ends it.
    }
  }

  private static void breakSilence(ResponseSink stream, Duration silence) {
    if (stream.isSilentFor(silence)) {
      Thread.ofVirtual().name("keep-alive-word").start(() -> stream.breakSilence(silence));
    }
  }

  private Duration sleep() {
    Duration fourth = settings.get().keepAlive().dividedBy(4);
    return fourth.isPositive() && fourth.compareTo(LONGEST_SLEEP) < 0
        ? fourth.plusMillis(1)
        : LONGEST_SLEEP;
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
