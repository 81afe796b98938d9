package io.modelgate.domain.routing;

import org.jspecify.annotations.Nullable;

/**
 * One place a model's calls can go to. What is null here is taken from the settings of the
 * backend's adapter.
 *
 * @param upstreamModel what the backend is asked for; null for the name clients use
 * @param weight its share of the calls among targets of the same priority, 1 to 1,000
 * @param priority 0 to 1,000; a target of a higher number gets calls only when none of a lower can
 *     take them
 */
public record Target(
    BackendKind backend,
    @Nullable BaseUrl baseUrl,
    @Nullable String upstreamModel,
    @Nullable Credential credential,
    int weight,
    int priority) {
  public static final int MOST = 1_000;

  public Target {
    if (upstreamModel != null
        && (upstreamModel.isBlank() || upstreamModel.length() > ModelName.MAX_LENGTH)) {
      throw new IllegalArgumentException("an upstream model's name has 1 to 200 characters");
    }
    if (weight < 1 || weight > MOST || priority < 0 || priority > MOST) {
      throw new IllegalArgumentException(
          "a weight is 1 to 1000 and a priority 0 to 1000, got " + weight + " and " + priority);
    }
  }

  /** The only one of its model. */
  public Target(
      BackendKind backend,
      @Nullable BaseUrl baseUrl,
      @Nullable String upstreamModel,
      @Nullable Credential credential) {
    this(backend, baseUrl, upstreamModel, credential, 1, 0);
  }

  /** The same with another address. */
  public Target at(@Nullable BaseUrl otherBaseUrl) {
    return new Target(backend, otherBaseUrl, upstreamModel, credential, weight, priority);
  }
}
