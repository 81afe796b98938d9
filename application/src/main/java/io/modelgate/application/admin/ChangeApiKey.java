package io.modelgate.application.admin;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Changes a key and notes when. Thread-safe; blocks until the change is durable. */
public final class ChangeApiKey {
  private final ApiKeys keys;
  private final InstantSource clock;

  public ChangeApiKey(ApiKeys keys, InstantSource clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * Changes one key; a call that comes in afterwards meets the key as changed.
   *
   * @param change keeps id, prefix, hash and creation
   * @return the key as changed; empty when there is none of that id
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept; then nothing
   *     is changed
   */
  public Optional<ApiKey> handle(KeyId id, UnaryOperator<ApiKey> change) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return keys.change(id, key -> change.apply(key).changedAt(now));
  }
}
