package io.modelgate.bootstrap;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lines of calls, of which there may be thousands a second: a thread of their own lays them out
 * and writes those of a moment at one go. No call waits for a console that nobody reads: what does
 * not fit into the queue is left out, and how much that was is written as soon as there is room.
 * All other lines are written at once, by whoever has something to say. Thread-safe.
 */
final class QueuedLines extends UnsynchronizedAppenderBase<ILoggingEvent> {
  private static final Logger LOG = LoggerFactory.getLogger(QueuedLines.class);
  private static final int CAPACITY = 8_192;
  private static final int MOST_AT_ONCE = 512;

  /** What gathers meanwhile is written at one go. */
  private static final Duration PAUSE = Duration.ofMillis(2);

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final OutputStream out;
  private final BlockingQueue<ILoggingEvent> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final AtomicLong leftOut = new AtomicLong();
  private volatile Layout<ILoggingEvent> layout;
  private @Nullable Thread writer;

  /**
   * One that is not started.
   *
   * @param out takes whole lines from several threads
   */
  QueuedLines(OutputStream out, Layout<ILoggingEvent> layout) {
    this.out = out;
    this.layout = layout;
  }

  /** How lines look from now on. */
  void lookLike(Layout<ILoggingEvent> other) {
    layout = other;
  }

  @Override
  public void start() {
    super.start();
    writer = Thread.ofPlatform().name("call-lines").daemon().start(this::run);
  }

  /** Writes what is in the queue, unless nobody reads it. */
  @Override
  public void stop() {
    super.stop();
    Thread running = writer;
    if (running != null) {
      running.interrupt();
      try {
        boolean _ = running.join(PATIENCE);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  protected void append(ILoggingEvent event) {
    String _ = event.getFormattedMessage(); // what it speaks of may change until it is laid out
    if (!queue.offer(event)) {
      leftOut.incrementAndGet();
    }
  }

  private void run() {
    List<ILoggingEvent> some = new ArrayList<>();
    while (isStarted()) {
      try {
        some.add(queue.take());
        Thread.sleep(PAUSE);
      } catch (InterruptedException _) {
        // It is over: the loop's end writes what is left.
      }
      write(some);
    }
    write(some);
  }

  private void write(List<ILoggingEvent> some) {
    do {
      queue.drainTo(some, MOST_AT_ONCE);
      var text = new StringBuilder();
      for (ILoggingEvent event : some) {
        append(event, text);
      }
      some.clear();
      write(text.toString().getBytes(StandardCharsets.UTF_8));
    } while (!queue.isEmpty());
    long missing = leftOut.getAndSet(0);
    if (missing > 0) {
      LOG.warn("{} lines of calls were left out: the console takes them too slowly", missing);
    }
  }

  /** One line that fails is not to be the last one. */
  private void append(ILoggingEvent event, StringBuilder text) {
    try {
      text.append(layout.doLayout(event));
    } catch (RuntimeException e) {
      LOG.error("the line of a call could not be laid out", e);
    }
  }

  /** Where that fails there is no place to say so but the log's own status. */
  private void write(byte[] lines) {
    try {
      out.write(lines, 0, lines.length);
      out.flush();
    } catch (IOException e) {
      addError("lines of calls could not be written", e);
    }
  }
}
