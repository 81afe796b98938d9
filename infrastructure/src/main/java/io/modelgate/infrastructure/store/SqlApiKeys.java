package io.modelgate.infrastructure.store;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.store.Job.Decision;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Keys in {@code api_keys}, read from a snapshot that each change replaces whole. Thread-safe. */
final class SqlApiKeys implements ApiKeys {
  private final StoreWriter writer;

  /** Replaced by the writer's thread only. */
  private volatile Snapshot snapshot;

  SqlApiKeys(StoreWriter writer, List<ApiKey> keys) {
    this.writer = writer;
    this.snapshot = Snapshot.of(keys);
  }

  @Override
  public Optional<ApiKey> byHash(SecretHash hash) {
    return Optional.ofNullable(snapshot.byHash.get(hash));
  }

  @Override
  public Optional<ApiKey> byId(KeyId id) {
    return Optional.ofNullable(snapshot.byId.get(id));
  }

  @Override
  public List<ApiKey> all() {
    return snapshot.all;
  }

  @Override
  public void add(ApiKey key) {
    boolean _ =
        writer.change(
            "adding an api key",
            () -> {
              if (byId(key.id()).isPresent() || byHash(key.hash()).isPresent()) {
                throw new IllegalArgumentException(
                    "the id or the hash of " + key.id() + " is not new");
              }
              ApiKey kept = ApiKeyTable.kept(key);
              return new Decision.Write<>(
                  true,
                  execute -> ApiKeyTable.insert(execute, kept),
                  () -> snapshot = snapshot.with(kept));
            });
  }

  @Override
  public Optional<ApiKey> change(KeyId id, UnaryOperator<ApiKey> change) {
    return writer.change(
        "changing an api key",
        () -> byId(id).map(change).map(changed -> decide(id, changed)).orElseGet(SqlApiKeys::none));
  }

  private Decision<Optional<ApiKey>> decide(KeyId id, ApiKey changed) {
    if (!changed.id().equals(id)) {
      throw new IllegalArgumentException("a change keeps the id " + id);
    }
    ApiKey kept = ApiKeyTable.kept(changed);
    return new Decision.Write<>(
        Optional.of(kept),
        execute -> ApiKeyTable.update(execute, kept),
        () -> snapshot = snapshot.replacing(kept));
  }

  private static Decision<Optional<ApiKey>> none() {
    return new Decision.Leave<>(Optional.empty());
  }

  @Override
  public boolean remove(KeyId id) {
    return writer.change(
        "removing an api key",
        () ->
            byId(id).isEmpty()
                ? new Decision.Leave<>(false)
                : new Decision.Write<>(
                    true,
                    execute -> ApiKeyTable.delete(execute, id),
                    () -> snapshot = snapshot.without(id)));
  }

  private record Snapshot(
      List<ApiKey> all, Map<KeyId, ApiKey> byId, Map<SecretHash, ApiKey> byHash) {
    static Snapshot of(List<ApiKey> keys) {
      return new Snapshot(
          List.copyOf(keys),
          keys.stream().collect(Collectors.toUnmodifiableMap(ApiKey::id, Function.identity())),
          keys.stream().collect(Collectors.toUnmodifiableMap(ApiKey::hash, Function.identity())));
    }

    Snapshot with(ApiKey added) {
      return of(Stream.concat(all.stream(), Stream.of(added)).toList());
    }

    Snapshot replacing(ApiKey changed) {
      return of(all.stream().map(key -> key.id().equals(changed.id()) ? changed : key).toList());
    }

    Snapshot without(KeyId id) {
      return of(all.stream().filter(key -> !key.id().equals(id)).toList());
    }
  }
}
