package io.modelgate.infrastructure.store;

import io.modelgate.application.port.LastUses;
import io.modelgate.domain.access.KeyId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When each key was used last. In memory: at the start the records tell, so nothing is written for
 * it. Thread-safe.
 */
final class RememberedUses implements LastUses {
  private final ConcurrentHashMap<KeyId, Long> millis;

  /** Those that the file tells. */
  RememberedUses(Map<KeyId, Long> millis) {
    this.millis = new ConcurrentHashMap<>(millis);
  }

  void note(KeyId key, Instant time) {
    long now = time.toEpochMilli();
    Long before = millis.get(key);
    if (before == null || before < now) {
      long _ = millis.merge(key, now, Math::max);
    }
  }

  @Override
  public Optional<Instant> of(KeyId key) {
    return Optional.ofNullable(millis.get(key)).map(Instant::ofEpochMilli);
  }
}
