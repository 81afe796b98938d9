package io.modelgate.infrastructure.store;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one key has used and set aside, by period. Its methods need its own monitor, as do the
 * tallies they give.
 */
final class Account {
  /**
   * How many periods of a kind are remembered, those charged last: a clock that is set back, or for
   * once ahead by a year, finds again what was used. Those with calls under way come on top.
   */
  private static final int REMEMBERED = 4;

  private final KeyId key;
  private final Map<QuotaPeriod, List<Tally>> tallies = new EnumMap<>(QuotaPeriod.class);
  private final Set<Expiring> running = new HashSet<>();

  /** A call under way. */
  interface Expiring {
    /** Gives back what is set aside, if that has been for too long; says whether. */
    boolean expire();
  }

  Account(KeyId key) {
    this.key = key;
    for (QuotaPeriod period : QuotaPeriod.values()) {
      tallies.put(period, new ArrayList<>(1));
    }
  }

  KeyId key() {
    return key;
  }

  /** Remembers what was used before the start; the last period told is forgotten last. */
  void remember(QuotaPeriod period, Tally tally) {
    List<Tally> known = of(period);
    known.addFirst(tally);
    forget(known);
  }

  /** The tally of a period, if there is one. */
  @Nullable Tally find(QuotaPeriod period, PeriodStarts starts) {
    long startsAt = starts.of(period);
    for (Tally tally : of(period)) {
      if (tally.startsAt == startsAt) {
        return tally;
      }
    }
    return null;
  }

  /** Begins a call in all its periods, which are remembered at least until it ends. */
  Tallies begin(PeriodStarts starts, long tokens) {
    var begun =
        new Tallies(
            touch(QuotaPeriod.TOTAL, starts),
            touch(QuotaPeriod.DAY, starts),
            touch(QuotaPeriod.WEEK, starts),
            touch(QuotaPeriod.MONTH, starts));
    begun.begin(tokens);
    tallies.values().forEach(Account::forget);
    return begun;
  }

  void add(Expiring call) {
    running.add(call);
  }

  void remove(Expiring call) {
    running.remove(call);
  }

  /** Gives back what calls have had for too long; says whether there were such. */
  boolean expire() {
    boolean any = false;
    for (Expiring call : running) {
      any |= call.expire();
    }
    return any;
  }

  /** The tally of a period, found or made, as the latest of its kind. */
  private Tally touch(QuotaPeriod period, PeriodStarts starts) {
    return touch(of(period), starts.of(period));
  }

  private static Tally touch(List<Tally> known, long startsAt) {
    for (int index = 0; index < known.size(); index++) {
      Tally tally = known.get(index);
      if (tally.startsAt == startsAt) {
        if (index > 0) {
          known.remove(index);
          known.addFirst(tally);
        }
        return tally;
      }
    }
    Tally added = new Tally(startsAt, 0);
    known.addFirst(added);
    return added;
  }

  private static void forget(List<Tally> known) {
    for (int index = known.size() - 1; index >= REMEMBERED; index--) {
      if (known.get(index).isQuiet()) {
        known.remove(index);
      }
    }
  }

  private List<Tally> of(QuotaPeriod period) {
    return Objects.requireNonNull(tallies.get(period));
  }
}
