package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.routing.BackendKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Driven port: what calls came to, added up. Thread-safe; blocks.
 *
 * <p>Sums outlive the records of single calls, hour by hour of UTC. A range that begins or ends
 * within an hour is exact as long as that hour's records are kept; later the hour counts where it
 * begins.
 */
public interface UsageReports {
  /**
   * Adds up a range, all of it as of one moment.
   *
   * @throws StoreUnavailable when it cannot be read, or not in time
   */
  Report report(Question question);

  /**
   * Adds up a range by group.
   *
   * @return those that have calls, most tokens first
   * @throws StoreUnavailable when it cannot be read, or not in time
   */
  List<Group> groups(Filter filter, Grouping by, Instant from, Instant to);

  /**
   * How long streams took until their first bytes.
   *
   * @throws StoreUnavailable when it cannot be read, or not in time
   */
  FirstBytes firstBytes(Instant from, Instant to);

  /** Which calls; null for all. */
  record Filter(@Nullable KeyId key, @Nullable String model, @Nullable BackendKind backend) {
    public static final Filter ALL = new Filter(null, null, null);
  }

  /** By what calls are added up apart from one another. */
  enum Grouping {
    KEY,
    MODEL,
    BACKEND
  }

  /**
   * What is asked.
   *
   * @param by null for no groups
   * @param bounds two or more, rising: where each interval begins, and where the last one ends;
   *     those within are whole quarters of an hour
   */
  record Question(Filter filter, @Nullable Grouping by, List<Instant> bounds) {
    public Question {
      bounds = List.copyOf(bounds);
    }

    public Instant from() {
      return bounds.getFirst();
    }

    public Instant to() {
      return bounds.getLast();
    }
  }

  /**
   * What was found.
   *
   * @param series one for each interval
   * @param groups those that have calls, most tokens first; none when there was nothing to group by
   * @param largest the series of the first ten of them, in their order
   */
  record Report(
      CallSums totals,
      List<CallSums> series,
      List<Group> groups,
      Map<String, List<CallSums>> largest) {}

  /**
   * One of them.
   *
   * @param name a key's id, a model's name or a backend's wire name; empty for calls that have none
   */
  record Group(String name, CallSums sums) {}

  /** Within some four per cent; null when there was no stream. */
  record FirstBytes(@Nullable Duration p50, @Nullable Duration p95) {}
}
