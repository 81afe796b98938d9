package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;

/** Driven port: quota, the tokens each key has used. Thread-safe. */
public interface Quotas {
  /** Tokens used so far, from memory; 0 for a key never charged. */
  long used(KeyId key);

  /**
   * Adds to what a key has used and returns when that is durable.
   *
   * @param tokens 0 or more
   * @throws StoreUnavailable when it could not be kept; the count in memory stands all the same
   */
  void charge(KeyId key, long tokens);
}
