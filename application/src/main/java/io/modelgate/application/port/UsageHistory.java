package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;
import java.time.Instant;
import java.util.List;

/** Driven port: what keys used, added up by day. Thread-safe; blocks. */
public interface UsageHistory {
  /**
   * What a key used of each model, on the days that begin at {@code from} or later.
   *
   * @return most tokens first
   * @throws StoreUnavailable when it cannot be read
   */
  List<ModelUse> byModel(KeyId key, Instant from);
}
