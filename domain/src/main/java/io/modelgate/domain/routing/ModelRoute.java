package io.modelgate.domain.routing;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that clients can ask for, and where such a call can go.
 *
 * @param name what clients ask for
 * @param targets 1 to {@value #MOST_TARGETS}, in the order they were given in
 * @param fallbacks the models that are asked instead when no target of this one can be, in that
 *     order; at most {@value #MOST_FALLBACKS}, none twice, not this one; some may not exist any
 *     more. Theirs are not followed
 * @param timeout replaces the adapter's patience for the reply's head, for silence, and for a whole
 *     call that is not streamed
 * @param streamUsage replaces the adapter's choice; see {@link StreamUsage}
 * @param maxOutputTokens how long one reply can become that a call itself does not bound, 1 or
 *     more; null for what is assumed of all models
 */
public record ModelRoute(
    ModelId id,
    ModelName name,
    List<Target> targets,
    List<ModelName> fallbacks,
    @Nullable Duration timeout,
    @Nullable StreamUsage streamUsage,
    @Nullable Long maxOutputTokens,
    ModelSource source,
    boolean enabled,
    Instant createdAt,
    Instant updatedAt) {
  public static final int MOST_TARGETS = 32;
  public static final int MOST_FALLBACKS = 8;

  public ModelRoute {
    targets = List.copyOf(targets);
    fallbacks = List.copyOf(fallbacks);
    if (targets.isEmpty() || targets.size() > MOST_TARGETS) {
      throw new IllegalArgumentException("a model has 1 to 32 targets, got " + targets.size());
    }
    if (fallbacks.size() > MOST_FALLBACKS
        || fallbacks.contains(name)
        || new HashSet<>(fallbacks).size() < fallbacks.size()) {
      throw new IllegalArgumentException(
          "a model has at most 8 fallbacks, each once, and not itself");
    }
    if (timeout != null && !timeout.isPositive()) {
      throw new IllegalArgumentException("a timeout is longer than nothing, got " + timeout);
    }
    if (maxOutputTokens != null && maxOutputTokens < 1) {
      throw new IllegalArgumentException("a reply has 1 token or more, got " + maxOutputTokens);
    }
  }

  /** One that somebody made. */
  public ModelRoute(
      ModelId id,
      ModelName name,
      List<Target> targets,
      List<ModelName> fallbacks,
      @Nullable Duration timeout,
      @Nullable StreamUsage streamUsage,
      @Nullable Long maxOutputTokens,
      boolean enabled,
      Instant createdAt,
      Instant updatedAt) {
    this(
        id,
        name,
        targets,
        fallbacks,
        timeout,
        streamUsage,
        maxOutputTokens,
        ModelSource.MANUAL,
        enabled,
        createdAt,
        updatedAt);
  }

  public ModelRoute withTargets(List<Target> newTargets) {
    return new ModelRoute(
        id,
        name,
        newTargets,
        fallbacks,
        timeout,
        streamUsage,
        maxOutputTokens,
        source,
        enabled,
        createdAt,
        updatedAt);
  }

  public ModelRoute changedAt(Instant instant) {
    return new ModelRoute(
        id,
        name,
        targets,
        fallbacks,
        timeout,
        streamUsage,
        maxOutputTokens,
        source,
        enabled,
        createdAt,
        instant);
  }
}
