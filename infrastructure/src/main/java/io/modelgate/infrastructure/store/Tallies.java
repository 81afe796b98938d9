package io.modelgate.infrastructure.store;

import io.modelgate.domain.access.QuotaPeriod;

/** Those of one call, which counts in all periods whatever its key's quota goes by. */
record Tallies(Tally total, Tally day, Tally week, Tally month) {
  Tally of(QuotaPeriod period) {
    return switch (period) {
      case TOTAL -> total;
      case DAY -> day;
      case WEEK -> week;
      case MONTH -> month;
    };
  }

  void begin(long tokens) {
    total.begin(tokens);
    day.begin(tokens);
    week.begin(tokens);
    month.begin(tokens);
  }

  void extend(long tokens) {
    total.extend(tokens);
    day.extend(tokens);
    week.extend(tokens);
    month.extend(tokens);
  }

  /** Ends the call, for which {@code given} tokens were set aside. */
  void end(long given, long charged) {
    total.end(given, charged);
    day.end(given, charged);
    week.end(given, charged);
    month.end(given, charged);
  }
}
