package io.modelgate.application.admin;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.application.port.Quotas;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Gives a key its quota back before its period ends, and notes by how much. Thread-safe; blocks
 * until that is durable.
 */
public final class ResetUsage {
  private final ApiKeys keys;
  private final Quotas quotas;
  private final InstantSource clock;

  public ResetUsage(ApiKeys keys, Quotas quotas, InstantSource clock) {
    this.keys = keys;
    this.quotas = quotas;
    this.clock = clock;
  }

  /**
   * Resets what a key has used in the present period of its quota. Records and sums stay, and calls
   * under way are charged at their end.
   *
   * @return the key; empty when there is none of that id
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept; then nothing
   *     is given back
   */
  public Optional<ApiKey> handle(KeyId id, Author author) {
    Optional<ApiKey> key = keys.byId(id);
    key.ifPresent(
        one -> {
          Deed deed = Deed.now(Action.RESET_USAGE, author, clock);
          quotas.reset(one, deed.time(), deed);
        });
    return key;
  }
}
