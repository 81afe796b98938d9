package io.modelgate.application.port;

import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Driven port: routing, the models clients can ask for. Thread-safe. Reads answer from memory and
 * never block; a write returns when it is durable, together with a note of who did it, and every
 * later read sees it.
 */
public interface ModelRoutes {
  /** The route of that name, enabled or not. */
  Optional<ModelRoute> byName(ModelName name);

  Optional<ModelRoute> byId(ModelId id);

  /** All routes, oldest first. */
  List<ModelRoute> all();

  /**
   * Adds a route with a new id.
   *
   * @throws NameTaken when another route has its name
   * @throws StoreUnavailable when it could not be kept
   */
  void add(ModelRoute route, Deed deed);

  /**
   * Changes a route; no other change comes in between.
   *
   * @param change keeps the id; may throw, then nothing is changed and the exception comes out here
   * @return the route as changed; empty when there is none of that id
   * @throws NameTaken when another route has the new name
   * @throws StoreUnavailable when it could not be kept
   */
  Optional<ModelRoute> change(ModelId id, UnaryOperator<ModelRoute> change, Deed deed);

  /**
   * Removes a route.
   *
   * @return whether there was one
   * @throws StoreUnavailable when it could not be done
   */
  boolean remove(ModelId id, Deed deed);

  /** Two routes cannot have the same name. */
  final class NameTaken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NameTaken(ModelName name) {
      super("there is a model named " + name + " already");
    }
  }
}
