package io.modelgate.application.port;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Driven port: the keys. Thread-safe. Reads answer from memory and never block; a write returns
 * when it is durable, together with a note of who did it, and every later read sees it.
 */
public interface ApiKeys {
  /**
   * The key that this secret opens, or opened before its last rotation, whatever its standing and
   * the secret's.
   */
  Optional<ApiKey> byHash(SecretHash hash);

  Optional<ApiKey> byId(KeyId id);

  /** All keys, oldest first. */
  List<ApiKey> all();

  /**
   * Adds a key whose id and hash are new.
   *
   * @throws StoreUnavailable when it could not be kept
   */
  void add(ApiKey key, Deed deed);

  /**
   * Changes keys, all or none; no other change comes in between.
   *
   * @param change keeps the id; may throw, then nothing is changed and the exception comes out here
   * @return the keys as changed, in the order of {@link #all}, without those of which there is none
   * @throws StoreUnavailable when it could not be kept
   */
  List<ApiKey> change(Collection<KeyId> ids, UnaryOperator<ApiKey> change, Deed deed);

  /** As {@link #change(Collection, UnaryOperator, Deed)}, of one key; empty when there is none. */
  default Optional<ApiKey> change(KeyId id, UnaryOperator<ApiKey> change, Deed deed) {
    return change(List.of(id), change, deed).stream().findFirst();
  }

  /**
   * Removes keys, all or none; what they used stays counted.
   *
   * @return those that there were
   * @throws StoreUnavailable when it could not be done
   */
  Set<KeyId> remove(Collection<KeyId> ids, Deed deed);
}
