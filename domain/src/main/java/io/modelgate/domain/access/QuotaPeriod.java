package io.modelgate.domain.access;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** After which a quota begins anew: by the calendar, or never. Weeks begin on Monday (ISO 8601). */
public enum QuotaPeriod {
  TOTAL,
  DAY,
  WEEK,
  MONTH;

  private final String wireName = name().toLowerCase(Locale.ROOT);

  /** As written in the admin API and in the store, e.g. {@code month}. */
  public String wireName() {
    return wireName;
  }

  /** The period of that exact wire name. */
  public static Optional<QuotaPeriod> ofWireName(String name) {
    return Arrays.stream(values()).filter(period -> period.wireName.equals(name)).findFirst();
  }

  /**
   * When the period that {@code now} lies in began; {@link Instant#EPOCH} for {@link #TOTAL}.
   *
   * @param zone whose midnights count; a day whose midnight does not exist begins with its first
   *     instant
   */
  public Instant startOf(Instant now, ZoneId zone) {
    return this == TOTAL ? Instant.EPOCH : firstDay(now, zone).atStartOfDay(zone).toInstant();
  }

  /** When the period that {@code now} lies in ends and the next one begins; null for never. */
  public @Nullable Instant endOf(Instant now, ZoneId zone) {
    LocalDate first = firstDay(now, zone);
    LocalDate next =
        switch (this) {
          case TOTAL -> null;
          case DAY -> first.plusDays(1);
          case WEEK -> first.plusWeeks(1);
          case MONTH -> first.plusMonths(1);
        };
    return next == null ? null : next.atStartOfDay(zone).toInstant();
  }

  private LocalDate firstDay(Instant now, ZoneId zone) {
    LocalDate today = now.atZone(zone).toLocalDate();
    return switch (this) {
      case TOTAL, DAY -> today;
      case WEEK -> today.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case MONTH -> today.withDayOfMonth(1);
    };
  }
}
