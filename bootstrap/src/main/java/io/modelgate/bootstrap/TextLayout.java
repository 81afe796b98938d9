package io.modelgate.bootstrap;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.slf4j.event.KeyValuePair;

/**
 * For people: {@code 2026-11-22T22:00:00.123Z INFO io.modelgate.access – message key=value}. Values
 * with anything but plain characters stand in quotes. A stack trace follows on lines of its own.
 */
final class TextLayout extends LayoutBase<ILoggingEvent> {
  static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  @Override
  public String doLayout(ILoggingEvent event) {
    var line = new StringBuilder(256);
    TIME.formatTo(event.getInstant(), line);
    line.append(' ').append(event.getLevel());
    line.append(event.getLevel().levelStr.length() == 4 ? "  " : " ");
    line.append(event.getLoggerName()).append(" – ");
    LogText.appendOnOneLine(line, event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      event.getKeyValuePairs().forEach(pair -> append(line, pair));
    }
    line.append('\n');
    if (event.getThrowableProxy() != null) {
      line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    return line.toString();
  }

  /** Whether it is of visible ASCII without quote, equals sign and backslash. */
  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') {
        return false;
      }
    }
    return !value.isEmpty();
  }

  private static void append(StringBuilder line, KeyValuePair pair) {
    line.append(' ').append(pair.key).append('=');
    String value = String.valueOf(pair.value);
    if (isPlain(value)) {
      line.append(value);
    } else {
      line.append('"');
      LogText.appendEscaped(line, value);
      line.append('"');
    }
  }
}
