package io.modelgate.application.chat;

import io.modelgate.application.port.ModelRoutes;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import java.util.List;
import java.util.Optional;

/**
 * The models a caller can use: enabled, and with a target on a kind of backend that this gateway
 * serves. Thread-safe; never blocks.
 */
public final class ListModels {
  private final ModelRoutes routes;
  private final Upstream upstream;

  public ListModels(ModelRoutes routes, Upstream upstream) {
    this.routes = routes;
    this.upstream = upstream;
  }

  /** All of them, oldest first. */
  public List<ModelRoute> handle() {
    return routes.all().stream().filter(this::usable).toList();
  }

  /** Those that a key may call, oldest first. */
  public List<ModelRoute> handle(KeyScope scope) {
    return handle().stream().filter(route -> scope.covers(route.name().value())).toList();
  }

  /**
   * The one a client asks for.
   *
   * @param asked any text
   */
  public Optional<ModelRoute> handle(String asked) {
    return ModelName.isValid(asked)
        ? routes.byName(new ModelName(asked)).filter(this::usable)
        : Optional.empty();
  }

  private boolean usable(ModelRoute route) {
    if (route.enabled()) {
      for (Target target : route.targets()) {
        if (upstream.kinds().contains(target.backend())) {
          return true;
        }
      }
    }
    return false;
  }
}
