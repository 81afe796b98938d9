package io.modelgate.application.port;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Driven port: the keys. Thread-safe. Reads answer from memory and never block; a write returns
 * when it is durable and every later read sees it.
 */
public interface ApiKeys {
  /** The key of that hash, whatever its standing. */
  Optional<ApiKey> byHash(SecretHash hash);

  Optional<ApiKey> byId(KeyId id);

  /** All keys, oldest first. */
  List<ApiKey> all();

  /**
   * Adds a key whose id and hash are new.
   *
   * @throws StoreUnavailable when it could not be kept
   */
  void add(ApiKey key);

  /**
   * Changes a key; no other change comes in between.
   *
   * @param change keeps id and hash; may throw, then nothing is changed and the exception comes out
   *     here
   * @return the key as changed; empty when there is none of that id
   * @throws StoreUnavailable when it could not be kept
   */
  Optional<ApiKey> change(KeyId id, UnaryOperator<ApiKey> change);

  /**
   * Removes a key; what it used stays counted.
   *
   * @return whether there was one
   * @throws StoreUnavailable when it could not be done
   */
  boolean remove(KeyId id);
}
