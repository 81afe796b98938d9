package io.modelgate.testing;

import io.modelgate.application.port.ApiKeys;

/** The double keeps the contract, so that tests which use it say something. */
final class InMemoryApiKeysTest extends ApiKeysContract {
  private final ApiKeys keys = new InMemoryApiKeys();

  @Override
  protected ApiKeys keys() {
    return keys;
  }
}
