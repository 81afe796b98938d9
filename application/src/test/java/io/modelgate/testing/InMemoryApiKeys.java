package io.modelgate.testing;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Deed;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Keeps keys in a map. */
public final class InMemoryApiKeys implements ApiKeys {
  private final Map<KeyId, ApiKey> keys = new LinkedHashMap<>();

  @Override
  public synchronized Optional<ApiKey> byHash(SecretHash hash) {
    return keys.values().stream()
        .filter(key -> key.secret().accepts(hash, Instant.MIN))
        .findFirst();
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
  public synchronized void add(ApiKey key, Deed deed) {
    keys.put(key.id(), key);
  }

  @Override
  public synchronized List<ApiKey> change(
      Collection<KeyId> ids, UnaryOperator<ApiKey> change, Deed deed) {
    List<ApiKey> changed =
        keys.values().stream().filter(key -> ids.contains(key.id())).map(change).toList();
    changed.forEach(key -> keys.put(key.id(), key));
    return changed;
  }

  @Override
  public synchronized Set<KeyId> remove(Collection<KeyId> ids, Deed deed) {
    Set<KeyId> found = ids.stream().filter(keys::containsKey).collect(Collectors.toSet());
    keys.keySet().removeAll(found);
    return found;
  }
}
