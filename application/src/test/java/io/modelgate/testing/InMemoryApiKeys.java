package io.modelgate.testing;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Keeps keys in a map. */
public final class InMemoryApiKeys implements ApiKeys {
  private final Map<KeyId, ApiKey> keys = new LinkedHashMap<>();

  @Override
  public synchronized Optional<ApiKey> byHash(SecretHash hash) {
    return keys.values().stream().filter(key -> key.hash().equals(hash)).findFirst();
  }

  @Override
  public synchronized Optional<ApiKey> byId(KeyId id) {
    return Optional.ofNullable(keys.get(id));
  }

  @Override
  public synchronized List<ApiKey> all() {
    return List.copyOf(keys.values());
  }

  @Override
  public synchronized void add(ApiKey key) {
    keys.put(key.id(), key);
  }

  @Override
  public synchronized Optional<ApiKey> change(KeyId id, UnaryOperator<ApiKey> change) {
    return Optional.ofNullable(keys.computeIfPresent(id, (_, key) -> change.apply(key)));
  }

  @Override
  public synchronized boolean remove(KeyId id) {
    return keys.remove(id) != null;
  }
}
