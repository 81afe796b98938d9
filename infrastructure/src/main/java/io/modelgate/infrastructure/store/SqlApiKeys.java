package io.modelgate.infrastructure.store;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Deed;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.store.Job.Decision;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  public void add(ApiKey key, Deed deed) {
    boolean _ =
        writer.change(
            "adding an api key",
            () -> {
              if (byId(key.id()).isPresent() || byHash(key.secret().hash()).isPresent()) {
                throw new IllegalArgumentException(
                    "the id or the hash of " + key.id() + " is not new");
              }
              ApiKey kept = ApiKeyTable.kept(key);
              return new Decision.Write<>(
                  true,
                  execute -> {
                    ApiKeyTable.insert(execute, kept);
                    AuditTable.note(execute, deed, null, kept);
                  },
                  () -> snapshot = snapshot.with(kept));
            });
  }

  @Override
  public List<ApiKey> change(Collection<KeyId> ids, UnaryOperator<ApiKey> change, Deed deed) {
    return writer.change("changing api keys", () -> decide(Set.copyOf(ids), change, deed));
  }

  private Decision<List<ApiKey>> decide(Set<KeyId> ids, UnaryOperator<ApiKey> change, Deed deed) {
    Map<KeyId, ApiKey> changed = new LinkedHashMap<>();
    for (ApiKey before : snapshot.all) {
      if (ids.contains(before.id())) {
        ApiKey after = change.apply(before);
        if (!after.id().equals(before.id())) {
          throw new IllegalArgumentException("a change keeps the id " + before.id());
        }
        changed.put(before.id(), ApiKeyTable.kept(after));
      }
    }
    List<ApiKey> result = List.copyOf(changed.values());
    return result.isEmpty()
        ? new Decision.Leave<>(result)
        : new Decision.Write<>(
            result,
            execute ->
                result.forEach(
                    after -> {
                      ApiKeyTable.update(execute, after);
                      AuditTable.note(execute, deed, snapshot.byId.get(after.id()), after);
                    }),
            () -> snapshot = snapshot.replacing(changed));
  }

  @Override
  public Set<KeyId> remove(Collection<KeyId> ids, Deed deed) {
    return writer.change(
        "removing api keys",
        () -> {
          Set<KeyId> found =
              ids.stream().filter(snapshot.byId::containsKey).collect(Collectors.toSet());
          return found.isEmpty()
              ? new Decision.Leave<>(found)
              : new Decision.Write<>(
                  found,
                  execute ->
                      found.forEach(
                          id -> {
                            ApiKeyTable.delete(execute, id);
                            AuditTable.note(execute, deed, snapshot.byId.get(id), null);
                          }),
                  () -> snapshot = snapshot.without(found));
        });
  }

  /**
   * Keys as they are at one moment.
   *
   * @param byHash by their secrets, and those before the last rotation
   */
  private record Snapshot(
      List<ApiKey> all, Map<KeyId, ApiKey> byId, Map<SecretHash, ApiKey> byHash) {
    static Snapshot of(List<ApiKey> keys) {
      Map<SecretHash, ApiKey> byHash = HashMap.newHashMap(keys.size());
      for (ApiKey key : keys) {
        KeySecret.Former former = key.secret().former();
        if (former != null) {
          byHash.put(former.hash(), key);
        }
        byHash.put(key.secret().hash(), key);
      }
      return new Snapshot(
          List.copyOf(keys),
          keys.stream().collect(Collectors.toUnmodifiableMap(ApiKey::id, Function.identity())),
          byHash);
    }

    Snapshot with(ApiKey added) {
      return of(Stream.concat(all.stream(), Stream.of(added)).toList());
    }

    Snapshot replacing(Map<KeyId, ApiKey> changed) {
      return of(all.stream().map(key -> changed.getOrDefault(key.id(), key)).toList());
    }

    Snapshot without(Set<KeyId> ids) {
      return of(all.stream().filter(key -> !ids.contains(key.id())).toList());
    }
  }
}
