package io.modelgate.domain.routing;

/**
 * One way that a call can go: to that target of that model.
 *
 * @param asked the name the client used, which its reply is to show
 * @param route the model asked for, or one that stands in for it
 * @param target one of the route's, with the address that the settings give it
 * @param label what the target is called in metrics: its place among the route's, {@code "1"}, and
 *     for a further address of it, {@code "1.1"}
 * @param spare 0 for the target's own address; among targets of a priority the lowest is tried
 *     first
 */
public record Destination(
    ModelName asked, ModelRoute route, Target target, String label, int spare) {
  /** To the first target as it is. */
  public static Destination first(ModelRoute route) {
    return new Destination(route.name(), route, route.targets().getFirst(), "1", 0);
  }

  public BackendKind backend() {
    return target.backend();
  }

  public Engine engine() {
    return new Engine(target.backend(), target.baseUrl());
  }

  /** The name the backend knows the model by. */
  public String upstreamName() {
    String other = target.upstreamModel();
    return other == null ? route.name().value() : other;
  }

  /** Whether the backend knows the model by another name than the client used. */
  public boolean isAlias() {
    return !upstreamName().equals(asked.value());
  }
}
