package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How long a secret that was replaced still works, as a request says it. */
final class Grace {
  private static final Duration MOST = Duration.ofDays(30);
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,7})([smhd])");

  private Grace() {}

  /** What the only field of a request's body says; zero when it says nothing. */
  static Duration of(JsonFields body) {
    body.allowOnly(List.of("grace"));
    return body.value("grace", "a time from 0s to 30d, such as \"24h\"", Grace::read)
        .or(Duration.ZERO);
  }

  private static @Nullable Duration read(JsonNode node) {
    Matcher written = TEXT.matcher(node.textValue() == null ? "" : node.textValue());
    if (!written.matches()) {
      return null;
    }
    long number = Long.parseLong(written.group(1));
    Duration grace =
        switch (written.group(2)) {
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          default -> Duration.ofDays(number);
        };
    return grace.compareTo(MOST) > 0 ? null : grace;
  }
}
