package io.modelgate.bootstrap;

import static ch.qos.logback.classic.Level.convertAnSLF4JLevel;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Where log lines go: standard output, one line an event. Everything arrives through SLF4J, what
 * the JDK and Helidon say through {@link System.Logger} too; nothing here uses {@code
 * java.util.logging}.
 */
final class Logging {
  /** How much this program says. Libraries are held lower: their INFO shows at our DEBUG. */
  enum Threshold {
    ERROR(Level.ERROR, Level.ERROR),
    WARN(Level.WARN, Level.WARN),
    INFO(Level.INFO, Level.WARN),
    DEBUG(Level.DEBUG, Level.INFO),
    TRACE(Level.TRACE, Level.DEBUG);

    private final Level ours;
    private final Level libraries;

    Threshold(Level ours, Level libraries) {
      this.ours = ours;
      this.libraries = libraries;
    }
  }

  /** How a line looks. */
  enum Format {
    TEXT,
    JSON
  }

  private static final String CONSOLE = "console";
  private static final String CALLS = "io.modelgate.calls";
  private static final String CALL_LINES = "call lines";

  private Logging() {}

  /** Replaces whatever was set before. */
  static void configure(Threshold threshold, Format format) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      configure(context, threshold, format);
    }
  }

  static void configure(LoggerContext context, Threshold threshold, Format format) {
    context.reset();
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(console(context, format));
    var lines = new QueuedLines(ConsoleTarget.SystemOut.getStream(), layout(context, format));
    lines.setContext(context);
    lines.setName(CALL_LINES);
    lines.start();
    var calls = context.getLogger(CALLS);
    calls.setAdditive(false);
    calls.addAppender(lines);
    setThreshold(context, threshold);
  }

  /** Writes what is still to be written; the log takes nothing more. */
  static void finish() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }

  /** Changes a log that is in use: no line is lost. */
  static void change(Settings.Log before, Settings.Log after) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      change(context, before, after);
    }
  }

  static void change(LoggerContext context, Settings.Log before, Settings.Log after) {
    if (before.format() != after.format()) {
      var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
      var old = root.getAppender(CONSOLE);
      root.addAppender(console(context, after.format()));
      root.detachAppender(old); // not stopped: a line may be on its way through it
      if (context.getLogger(CALLS).getAppender(CALL_LINES) instanceof QueuedLines lines) {
        lines.lookLike(layout(context, after.format()));
      }
    }
    if (before.threshold() != after.threshold()) {
      setThreshold(context, after.threshold());
    }
  }

  private static ConsoleAppender<ILoggingEvent> console(LoggerContext context, Format format) {
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout(context, format));
    encoder.start();
    var console = new ConsoleAppender<ILoggingEvent>();
    console.setContext(context);
    console.setName(CONSOLE);
    console.setEncoder(encoder);
    console.start();
    return console;
  }

  private static Layout<ILoggingEvent> layout(LoggerContext context, Format format) {
    Layout<ILoggingEvent> layout =
        switch (format) {
          case TEXT -> new TextLayout();
          case JSON -> new JsonLayout();
        };
    layout.setContext(context);
    layout.start();
    return layout;
  }

  private static void setThreshold(LoggerContext context, Threshold threshold) {
    context
        .getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)
        .setLevel(convertAnSLF4JLevel(threshold.libraries));
    context.getLogger("io.modelgate").setLevel(convertAnSLF4JLevel(threshold.ours));
    // It tells every path that is asked for, and some clients put their keys there.
    context
        .getLogger("io.helidon.webserver.http1.Http1LoggingConnectionListener")
        .setLevel(ch.qos.logback.classic.Level.WARN);
    // It tells of every attempt at a Redis that is gone; the limiter says once what matters.
    boolean wanted = threshold.libraries.toInt() <= Level.INFO.toInt();
    context
        .getLogger("org.redisson")
        .setLevel(
            wanted ? convertAnSLF4JLevel(threshold.libraries) : ch.qos.logback.classic.Level.OFF);
  }
}
