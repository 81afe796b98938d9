package io.modelgate.infrastructure.store;

import io.modelgate.domain.access.QuotaPeriod;

/** When the periods that one instant lies in began, in milliseconds since 1970. */
record PeriodStarts(long day, long week, long month) {
  long of(QuotaPeriod period) {
    return switch (period) {
      case TOTAL -> 0;
      case DAY -> day;
      case WEEK -> week;
      case MONTH -> month;
    };
  }
}
