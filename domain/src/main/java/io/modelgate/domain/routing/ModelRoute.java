package io.modelgate.domain.routing;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A model that clients can ask for, and where such a call goes. What is null here is taken from the
 * settings of the backend's adapter.
 *
 * @param name what clients ask for
 * @param upstreamModel what the backend is asked for; null for the same name
 * @param timeout replaces the adapter's patience for the reply's head, for silence, and for a whole
 *     call that is not streamed
 * @param streamUsage replaces the adapter's choice; see {@link StreamUsage}
 * @param maxOutputTokens how long one reply can become that a call itself does not bound, 1 or
 *     more; null for what is assumed of all models
 */
public record ModelRoute(
    ModelId id,
    ModelName name,
    BackendKind backend,
    @Nullable BaseUrl baseUrl,
    @Nullable String upstreamModel,
    @Nullable Credential credential,
    @Nullable Duration timeout,
    @Nullable StreamUsage streamUsage,
    @Nullable Long maxOutputTokens,
    boolean enabled,
    Instant createdAt,
    Instant updatedAt) {
  public ModelRoute {
    if (upstreamModel != null
        && (upstreamModel.isBlank() || upstreamModel.length() > ModelName.MAX_LENGTH)) {
      throw new IllegalArgumentException("an upstream model's name has 1 to 200 characters");
    }
    if (timeout != null && !timeout.isPositive()) {
      throw new IllegalArgumentException("a timeout is longer than nothing, got " + timeout);
    }
    if (maxOutputTokens != null && maxOutputTokens < 1) {
      throw new IllegalArgumentException("a reply has 1 token or more, got " + maxOutputTokens);
    }
  }

  /** The name the backend knows the model by. */
  public String upstreamName() {
    return upstreamModel == null ? name.value() : upstreamModel;
  }

  /** Whether the backend knows the model by another name than clients do. */
  public boolean isAlias() {
    return !upstreamName().equals(name.value());
  }

  public ModelRoute changedAt(Instant instant) {
    return new ModelRoute(
        id,
        name,
        backend,
        baseUrl,
        upstreamModel,
        credential,
        timeout,
        streamUsage,
        maxOutputTokens,
        enabled,
        createdAt,
        instant);
  }
}
