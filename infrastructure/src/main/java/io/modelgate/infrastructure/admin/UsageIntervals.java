package io.modelgate.infrastructure.admin;

import io.modelgate.infrastructure.admin.Query.Range;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A range in hours or days, for a chart: hours are those of UTC, days those of a time zone, and so
 * 23 or 25 hours long where its clocks change.
 *
 * @param starts where each begins; the first may lie before the range
 * @param bounds of what is counted: the range's beginning, each later start, and the range's end
 */
record UsageIntervals(
    Range range, ZoneId zone, Length length, List<Instant> starts, List<Instant> bounds) {
  private static final Duration HOURS_FIT_IN = Duration.ofDays(3);
  private static final int MOST_HOURS = 2_000;
  private static final int MOST_DAYS = 3_700;

  /** How long each is. */
  enum Length {
    HOUR,
    DAY;

    String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** As {@code from}, {@code to}, {@code time_zone} and {@code interval} say. */
  static UsageIntervals of(Query query, Instant now) {
    ZoneId zone = query.zone();
    Range range = query.range(zone, now);
    Length asked = query.oneOf("interval", List.of(Length.values()), Length::wireName);
    Length length = asked == null ? usual(range) : asked;
    return switch (length) {
      case HOUR -> hours(range, zone, asked);
      case DAY -> days(range, zone);
    };
  }

  private static Length usual(Range range) {
    Duration whole = Duration.between(range.from(), range.to());
    return whole.compareTo(HOURS_FIT_IN) <= 0 ? Length.HOUR : Length.DAY;
  }

  private static UsageIntervals hours(Range range, ZoneId zone, @Nullable Length asked) {
    if (Duration.between(range.from(), range.to()).toHours() > MOST_HOURS) {
      throw Rejected.field(
          asked == null ? "from" : "interval",
          "the range has more than %,d hours; take days".formatted(MOST_HOURS));
    }
    var starts = new ArrayList<Instant>();
    for (Instant hour = range.from().truncatedTo(ChronoUnit.HOURS);
        hour.isBefore(range.to());
        hour = hour.plus(1, ChronoUnit.HOURS)) {
      starts.add(hour);
    }
    return of(range, zone, Length.HOUR, starts);
  }

  private static UsageIntervals days(Range range, ZoneId zone) {
    if (Duration.between(range.from(), range.to()).toDays() > MOST_DAYS) {
      throw Rejected.field("from", "the range has more than %,d days".formatted(MOST_DAYS));
    }
    var starts = new ArrayList<Instant>();
    LocalDate day = LocalDate.ofInstant(range.from(), zone);
    for (Instant start = day.atStartOfDay(zone).toInstant();
        start.isBefore(range.to());
        start = day.atStartOfDay(zone).toInstant()) {
      starts.add(start);
      day = day.plusDays(1);
    }
    return of(range, zone, Length.DAY, starts);
  }

  private static UsageIntervals of(Range range, ZoneId zone, Length length, List<Instant> starts) {
    // A day that a zone left out begins with the next one.
    List<Instant> apart = starts.stream().distinct().toList();
    var bounds = new ArrayList<Instant>();
    bounds.add(range.from());
    bounds.addAll(apart.subList(1, apart.size()));
    bounds.add(range.to());
    return new UsageIntervals(range, zone, length, apart, List.copyOf(bounds));
  }
}
