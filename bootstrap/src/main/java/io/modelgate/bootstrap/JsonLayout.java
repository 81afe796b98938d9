package io.modelgate.bootstrap;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.util.Set;
import org.slf4j.event.KeyValuePair;

/**
 * For machines: one JSON object a line with {@code timestamp}, {@code level}, {@code logger},
 * {@code message}, the event's key-value pairs beside them (numbers, booleans and null as such, all
 * else as strings) and {@code exception} with the stack trace. A pair that would take one of these
 * names gets an underscore behind its own.
 */
final class JsonLayout extends LayoutBase<ILoggingEvent> {
  private static final Set<String> TAKEN =
      Set.of("timestamp", "level", "logger", "message", "exception");

  @Override
  public String doLayout(ILoggingEvent event) {
    var line = new StringBuilder(512);
    line.append("{\"timestamp\":\"");
    TextLayout.TIME.formatTo(event.getInstant(), line);
    line.append('"');
    appendString(line, "level", event.getLevel().levelStr);
    appendString(line, "logger", event.getLoggerName());
    appendString(line, "message", event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      event.getKeyValuePairs().forEach(pair -> append(line, pair));
    }
    if (event.getThrowableProxy() != null) {
      appendString(line, "exception", ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    return line.append("}\n").toString();
  }

  private static void append(StringBuilder line, KeyValuePair pair) {
    String name = TAKEN.contains(pair.key) ? pair.key + "_" : pair.key;
    switch (pair.value) {
      case Integer number -> appendName(line, name).append(number);
      case Long number -> appendName(line, name).append(number);
      case Boolean truth -> appendName(line, name).append(truth);
      case null -> appendName(line, name).append("null");
      case Object other -> appendString(line, name, other.toString());
    }
  }

  private static void appendString(StringBuilder line, String name, String value) {
    appendName(line, name).append('"');
    LogText.appendEscaped(line, value);
    line.append('"');
  }

  private static StringBuilder appendName(StringBuilder line, String name) {
    line.append(",\"");
    LogText.appendEscaped(line, name);
    return line.append("\":");
  }
}
