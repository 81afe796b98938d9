package io.modelgate.testing;

import io.modelgate.application.port.ModelRoutes;

/** The double keeps the contract, so that tests which use it say something. */
final class InMemoryModelRoutesTest extends ModelRoutesContract {
  private final ModelRoutes routes = new InMemoryModelRoutes();

  @Override
  protected ModelRoutes routes() {
    return routes;
  }
}
