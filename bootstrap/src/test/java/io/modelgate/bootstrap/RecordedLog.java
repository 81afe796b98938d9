package io.modelgate.bootstrap;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Keeps what one class logs from INFO on, and keeps it off the console. Thread-safe. */
final class RecordedLog implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final AppenderBase<ILoggingEvent> recorder;

  private RecordedLog(Logger logger) {
    this.logger = logger;
    this.recorder =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            lines.add(event.getLevel() + " " + event.getFormattedMessage());
          }
        };
  }

  static RecordedLog of(Class<?> who) {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    var log = new RecordedLog(context.getLogger(who));
    log.recorder.start();
    log.logger.addAppender(log.recorder);
    log.logger.setLevel(Level.INFO);
    log.logger.setAdditive(false);
    return log;
  }

  /** Level and message of each line. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** What came since the last time this was asked. */
  List<String> news() {
    List<String> news = lines();
    lines.clear();
    return news;
  }

  @Override
  public void close() {
    logger.setAdditive(true);
    logger.setLevel(null);
    logger.detachAppender(recorder);
  }
}
