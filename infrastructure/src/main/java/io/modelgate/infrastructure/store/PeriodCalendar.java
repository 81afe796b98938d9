package io.modelgate.infrastructure.store;

import io.modelgate.domain.access.QuotaPeriod;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** When periods begin and end in one zone. Remembers the last day it was asked for. Thread-safe. */
final class PeriodCalendar {
  private final ZoneId zone;
  private volatile @Nullable Day last;

  PeriodCalendar(ZoneId zone) {
    this.zone = zone;
  }

  PeriodStarts startsOf(Instant now) {
    long millis = now.toEpochMilli();
    Day day = last;
    if (day == null || millis < day.starts.day() || millis >= day.end) {
      day = dayOf(now);
      last = day;
    }
    return day.starts;
  }

  /** See {@link QuotaPeriod#endOf}. */
  @Nullable Instant endOf(QuotaPeriod period, Instant now) {
    return period.endOf(now, zone);
  }

  private Day dayOf(Instant now) {
    Instant end = Objects.requireNonNull(QuotaPeriod.DAY.endOf(now, zone));
    return new Day(
        new PeriodStarts(
            start(QuotaPeriod.DAY, now),
            start(QuotaPeriod.WEEK, now),
            start(QuotaPeriod.MONTH, now)),
        end.toEpochMilli());
  }

  private long start(QuotaPeriod period, Instant now) {
    return period.startOf(now, zone).toEpochMilli();
  }

  /** One day and those periods it lies in; all of its instants lie in the same. */
  private record Day(PeriodStarts starts, long end) {}
}
