package io.modelgate.infrastructure.admin;

import io.helidon.webserver.http.ServerRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The query parameters of one request. What is not understood is refused, with the parameter's
 * name: unknown ones, any that come twice or empty, and values out of range.
 */
final class Query {
  private static final int LONGEST_ZONE = 60;
  private static final int LONGEST_INSTANT = 40;
  private static final int USUAL_LIMIT = 50;
  private static final int LARGEST_LIMIT = 500;

  /** RFC 3339 knows no others, and nothing is older than the clocks. */
  private static final Instant FIRST = Instant.EPOCH;

  private static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");

  private final Map<String, String> given;

  private Query(Map<String, String> given) {
    this.given = given;
  }

  /**
   * Reads them.
   *
   * @param known the names that this endpoint takes
   */
  static Query of(ServerRequest request, Set<String> known) {
    var given = new HashMap<String, String>();
    for (String name : request.query().names()) {
      if (!known.contains(name)) {
        throw Rejected.field(
            name,
            known.isEmpty()
                ? "there are no query parameters here, got '%s'".formatted(name)
                : "there is no query parameter '%s' here; there are %s"
                    .formatted(name, known.stream().sorted().collect(Collectors.joining(", "))));
      }
      List<String> values = request.query().all(name, List::of);
      if (values.size() != 1 || values.getFirst().isEmpty()) {
        throw Rejected.field(name, "'%s' needs one value, once".formatted(name));
      }
      given.put(name, values.getFirst());
    }
    return new Query(given);
  }

  /** Whether it was given. */
  boolean has(String name) {
    return given.containsKey(name);
  }

  /**
   * Text as it stands.
   *
   * @param longest in UTF-16 units
   * @return null when it was not given
   */
  @Nullable String text(String name, int longest) {
    String text = given.get(name);
    if (text != null && text.length() > longest) {
      throw Rejected.field(name, "'%s' has at most %d characters".formatted(name, longest));
    }
    return text;
  }

  /**
   * One of a few.
   *
   * @param wireName how each is written
   * @return null when it was not given
   */
  <T> @Nullable T oneOf(String name, List<T> values, Function<T, String> wireName) {
    String text = given.get(name);
    if (text == null) {
      return null;
    }
    return values.stream()
        .filter(value -> wireName.apply(value).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                Rejected.field(
                    name,
                    "'%s' is one of %s"
                        .formatted(
                            name,
                            values.stream().map(wireName).collect(Collectors.joining(", ")))));
  }

  /**
   * A whole number.
   *
   * @return null when it was not given
   */
  @Nullable Long number(String name, long least, long most) {
    String text = given.get(name);
    if (text == null) {
      return null;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Told below.
    }
    throw Rejected.field(name, "'%s' is a whole number from %d to %d".formatted(name, least, most));
  }

  /** {@code limit}: how many rows a page has at most. */
  int limit() {
    Long limit = number("limit", 1, LARGEST_LIMIT);
    return limit == null ? USUAL_LIMIT : limit.intValue();
  }

  /**
   * {@code after}: where the page begins.
   *
   * @return null for the first page
   */
  @Nullable Cursor after() {
    String text = text("after", Cursor.LONGEST);
    return text == null ? null : Cursor.parse(text);
  }

  /** {@code time_zone}, of days and dates. */
  ZoneId zone() {
    String text = text("time_zone", LONGEST_ZONE);
    if (text == null) {
      return ZoneId.of("UTC");
    }
    try {
      return ZoneId.of(text);
    } catch (DateTimeException _) {
      throw Rejected.field(
          "time_zone", "'time_zone' is a zone such as UTC, Europe/Berlin or +05:30");
    }
  }

  /**
   * {@code from} and {@code to}: without {@code to} until now, without {@code from} the 24 hours
   * before that.
   */
  Range range(ZoneId zone, Instant now) {
    Instant to = instant("to", zone, 1);
    Instant end = to == null ? now.truncatedTo(ChronoUnit.MILLIS) : to;
    Instant from = instant("from", zone, 0);
    Instant begin = from == null ? end.minus(1, ChronoUnit.DAYS) : from;
    if (!begin.isBefore(end)) {
      throw Rejected.field(
          "from", "'from' must be before 'to': %s is not before %s".formatted(begin, end));
    }
    return new Range(begin, end);
  }

  /** As {@link #range}, but without {@code from} from the first day on. */
  Range openRange(ZoneId zone, Instant now) {
    return has("from")
        ? range(zone, now)
        : new Range(FIRST, has("to") ? range(zone, now).to() : LAST);
  }

  /** From the first instant up to the second, which is not in it. */
  record Range(Instant from, Instant to) {}

  /**
   * A time, or the midnight that a date's day begins with.
   *
   * @param days after that date
   */
  private @Nullable Instant instant(String name, ZoneId zone, int days) {
    String text = text(name, LONGEST_INSTANT);
    if (text == null) {
      return null;
    }
    try {
      Instant instant =
          text.indexOf('T') < 0 && text.indexOf('t') < 0
              ? LocalDate.parse(text).plusDays(days).atStartOfDay(zone).toInstant()
              : OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS);
      if (!instant.isBefore(FIRST) && instant.isBefore(LAST)) {
        return instant;
      }
    } catch (DateTimeException | ArithmeticException _) {
      // Told below.
    }
    throw Rejected.field(
        name,
        "'%s' is a time such as 2026-11-24T12:00:00Z or a date such as 2026-11-24, from 1970 on"
            .formatted(name));
  }
}
