package io.modelgate.infrastructure.routing;

import io.modelgate.domain.access.Tier;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.CircuitBreaker;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How calls are spread over backends.
 *
 * @param places how many calls each engine of a kind takes at a time; a kind that is missing has no
 *     bound
 * @param weights what the calls of a tier count for in a line, 1 or more
 * @param checkEvery the time between two questions to an engine that is well; zero for none
 */
public record RoutingSettings(
    Affinity affinity,
    CircuitBreaker.Rule breaker,
    Map<BackendKind, Places> places,
    Map<Tier, Integer> weights,
    Duration checkEvery) {
  public RoutingSettings {
    places = Map.copyOf(places);
    weights = Map.copyOf(weights);
  }

  /** Which calls go to the same target as long as it has room. */
  public enum Affinity {
    NONE,
    /** Those of a key. */
    KEY,
    /** Those that begin alike, up to their first question: that engine has them in its cache. */
    PREFIX
  }

  /**
   * How much an engine does at a time.
   *
   * @param maxConcurrent calls that it has at once; null for no end
   * @param maxQueue calls that may wait for it, 0 or more
   * @param maxWait how long each may wait
   */
  public record Places(@Nullable Long maxConcurrent, int maxQueue, Duration maxWait) {
    static final Places ENDLESS = new Places(null, 0, Duration.ZERO);
  }

  Places placesOf(BackendKind kind) {
    return places.getOrDefault(kind, Places.ENDLESS);
  }

  double weightOf(Tier tier) {
    return weights.getOrDefault(tier, 1);
  }
}
