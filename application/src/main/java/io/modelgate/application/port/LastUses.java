package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;
import java.time.Instant;
import java.util.Optional;

/** Driven port: when keys were used. Thread-safe; from memory, never blocks. */
@FunctionalInterface
public interface LastUses {
  /**
   * When a key's last call came that was charged or refused; of one that has rested for longer than
   * the records of calls are kept, the beginning of that day. Empty when there was none.
   */
  Optional<Instant> of(KeyId key);
}
