package io.modelgate.testing;

import io.modelgate.application.port.Quotas;
import io.modelgate.domain.access.KeyId;
import java.util.HashMap;
import java.util.Map;

/** Counts in a map. */
public final class InMemoryQuotas implements Quotas {
  private final Map<KeyId, Long> used = new HashMap<>();

  @Override
  public synchronized long used(KeyId key) {
    return used.getOrDefault(key, 0L);
  }

  @Override
  public synchronized void charge(KeyId key, long tokens) {
    used.merge(key, tokens, Long::sum);
  }
}
