package io.modelgate.application.admin;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Changes and deletes keys, and notes when. Thread-safe; blocks until a change is durable. */
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
   * @param change of its terms alone; may throw, then nothing is changed and the exception comes
   *     out here
   * @return the key as changed; empty when there is none of that id
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept; then nothing
   *     is changed
   */
  public Optional<ApiKey> handle(KeyId id, UnaryOperator<ApiKey> change, Author author) {
    Deed deed = Deed.now(Action.UPDATE, author, clock);
    return keys.change(
        id,
        key -> {
          ApiKey changed = change.apply(key);
          return changed.equals(key) ? key : changed.changedAt(deed.time());
        },
        deed);
  }

  /**
   * Enables or disables keys, all or none.
   *
   * @return those that there are
   */
  public Set<KeyId> enable(Collection<KeyId> ids, boolean enabled, Author author) {
    Deed deed = Deed.now(Action.UPDATE, author, clock);
    List<ApiKey> changed =
        keys.change(
            ids,
            key ->
                key.terms().enabled() == enabled
                    ? key
                    : key.on(terms -> terms.withEnabled(enabled)).changedAt(deed.time()),
            deed);
    return changed.stream().map(ApiKey::id).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Deletes keys, all or none; what they used stays counted. What is part of the gateway stays.
   *
   * @return those that there were
   */
  public Set<KeyId> delete(Collection<KeyId> ids, Author author) {
    return keys.remove(
        ids.stream().filter(id -> !id.equals(ApiKey.PLAYGROUND)).toList(),
        Deed.now(Action.DELETE, author, clock));
  }
}
