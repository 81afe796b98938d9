package io.modelgate.infrastructure.store;

import io.modelgate.application.port.Quotas;
import io.modelgate.domain.access.KeyId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts in memory at once, and in {@code token_use} through the writer. Memory may be ahead of the
 * disk, never behind. Thread-safe.
 */
final class SqlQuotas implements Quotas {
  private final StoreWriter writer;
  private final ConcurrentHashMap<KeyId, LongAdder> used = new ConcurrentHashMap<>();

  SqlQuotas(StoreWriter writer, Map<KeyId, Long> used) {
    this.writer = writer;
    used.forEach(this::count);
  }

  @Override
  public long used(KeyId key) {
    LongAdder sum = used.get(key);
    return sum == null ? 0 : sum.sum();
  }

  @Override
  public void charge(KeyId key, long tokens) {
    if (tokens < 0) {
      throw new IllegalArgumentException("a charge is 0 tokens or more, got " + tokens);
    }
    if (tokens > 0) {
      count(key, tokens);
      writer.charge(key, tokens);
    }
  }

  private void count(KeyId key, long tokens) {
    used.computeIfAbsent(key, _ -> new LongAdder()).add(tokens);
  }
}
