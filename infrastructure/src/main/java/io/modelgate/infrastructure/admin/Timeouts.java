package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Timeouts as people write them: {@code "300s"}, {@code "500ms"}, {@code "5m"}, or seconds. */
final class Timeouts {
  static final String ALLOWED =
      "a time from 1ms to 24h such as \"300s\", \"500ms\" or \"5m\", or a number of seconds";

  private static final long MAX_MILLIS = Duration.ofHours(24).toMillis();
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

  private Timeouts() {}

  /** Null when it is not {@link #ALLOWED}. */
  static @Nullable Duration read(JsonNode node) {
    if (node.isNumber()) {
      BigDecimal seconds = node.decimalValue();
      // The range first: 1e999999999 must not be written out.
      return seconds.compareTo(BigDecimal.ZERO) <= 0
              || seconds.compareTo(BigDecimal.valueOf(MAX_MILLIS)) > 0
          ? null
          : ofMillis(seconds.movePointRight(3));
    }
    String text = node.textValue();
    Matcher written = TEXT.matcher(text == null ? "" : text);
    return written.matches()
        ? ofMillis(
            new BigDecimal(written.group(1))
                .multiply(BigDecimal.valueOf(millisIn(written.group(2)))))
        : null;
  }

  /** In whole seconds where that is exact, else in milliseconds. */
  static String write(Duration timeout) {
    return timeout.toMillisPart() == 0 ? timeout.toSeconds() + "s" : timeout.toMillis() + "ms";
  }

  private static @Nullable Duration ofMillis(BigDecimal millis) {
    try {
      long whole = millis.longValueExact();
      return whole < 1 || whole > MAX_MILLIS ? null : Duration.ofMillis(whole);
    } catch (ArithmeticException _) {
      return null;
    }
  }

  private static long millisIn(String unit) {
    return switch (unit) {
      case "ms" -> 1;
      case "s" -> 1_000;
      case "m" -> 60_000;
      case "h" -> 3_600_000;
      default -> throw new IllegalArgumentException("no unit of time: " + unit);
    };
  }
}
