package io.modelgate.testing;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Keeps routes in a map. */
public final class InMemoryModelRoutes implements ModelRoutes {
  private final Map<ModelId, ModelRoute> routes = new LinkedHashMap<>();

  @Override
  public synchronized Optional<ModelRoute> byName(ModelName name) {
    return routes.values().stream().filter(route -> route.name().equals(name)).findFirst();
  }

  @Override
  public synchronized Optional<ModelRoute> byId(ModelId id) {
    return Optional.ofNullable(routes.get(id));
  }

  @Override
  public synchronized List<ModelRoute> all() {
    return List.copyOf(routes.values());
  }

  @Override
  public synchronized void add(ModelRoute route, Deed deed) {
    refuseTaken(route);
    routes.put(route.id(), route);
  }

  @Override
  public synchronized Optional<ModelRoute> change(
      ModelId id, UnaryOperator<ModelRoute> change, Deed deed) {
    Optional<ModelRoute> changed = byId(id).map(change);
    changed.ifPresent(this::refuseTaken);
    changed.ifPresent(route -> routes.put(id, route));
    return changed;
  }

  @Override
  public synchronized boolean remove(ModelId id, Deed deed) {
    return routes.remove(id) != null;
  }

  private void refuseTaken(ModelRoute route) {
    byName(route.name())
        .filter(other -> !other.id().equals(route.id()))
        .ifPresent(
            other -> {
              throw new NameTaken(other.name());
            });
  }
}
