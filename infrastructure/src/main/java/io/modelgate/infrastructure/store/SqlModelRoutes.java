package io.modelgate.infrastructure.store;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.infrastructure.store.Job.Decision;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Routes in {@code models}, read from a snapshot that each change replaces whole. Thread-safe. */
final class SqlModelRoutes implements ModelRoutes {
  private final StoreWriter writer;
  private final ModelTable table;

  /** Replaced by the writer's thread only. */
  private volatile Snapshot snapshot;

  SqlModelRoutes(StoreWriter writer, ModelTable table, List<ModelRoute> routes) {
    this.writer = writer;
    this.table = table;
    this.snapshot = Snapshot.of(routes);
  }

  @Override
  public Optional<ModelRoute> byName(ModelName name) {
    return Optional.ofNullable(snapshot.byName.get(name));
  }

  @Override
  public Optional<ModelRoute> byId(ModelId id) {
    return Optional.ofNullable(snapshot.byId.get(id));
  }

  @Override
  public List<ModelRoute> all() {
    return snapshot.all;
  }

  @Override
  public void add(ModelRoute route, Deed deed) {
    boolean _ =
        writer.change(
            "adding a model",
            () -> {
              if (byId(route.id()).isPresent()) {
                throw new IllegalArgumentException("the id " + route.id() + " is not new");
              }
              refuseTaken(route);
              ModelRoute kept = ModelTable.kept(route);
              return new Decision.Write<>(
                  true,
                  execute -> {
                    table.insert(execute, kept);
                    AuditTable.note(execute, deed, null, kept);
                  },
                  () -> snapshot = snapshot.with(kept));
            });
  }

  @Override
  public Optional<ModelRoute> change(ModelId id, UnaryOperator<ModelRoute> change, Deed deed) {
    return writer.change(
        "changing a model",
        () ->
            byId(id)
                .map(change)
                .map(changed -> decide(id, changed, deed))
                .orElseGet(SqlModelRoutes::none));
  }

  private Decision<Optional<ModelRoute>> decide(ModelId id, ModelRoute changed, Deed deed) {
    if (!changed.id().equals(id)) {
      throw new IllegalArgumentException("a change keeps the id " + id);
    }
    refuseTaken(changed);
    ModelRoute kept = ModelTable.kept(changed);
    return new Decision.Write<>(
        Optional.of(kept),
        execute -> {
          table.update(execute, kept);
          AuditTable.note(execute, deed, snapshot.byId.get(id), kept);
        },
        () -> snapshot = snapshot.replacing(kept));
  }

  private static Decision<Optional<ModelRoute>> none() {
    return new Decision.Leave<>(Optional.empty());
  }

  @Override
  public boolean remove(ModelId id, Deed deed) {
    return writer.change(
        "removing a model",
        () ->
            byId(id).isEmpty()
                ? new Decision.Leave<>(false)
                : new Decision.Write<>(
                    true,
                    execute -> {
                      ModelTable.delete(execute, id);
                      AuditTable.note(execute, deed, snapshot.byId.get(id), null);
                    },
                    () -> snapshot = snapshot.without(id)));
  }

  private void refuseTaken(ModelRoute route) {
    ModelRoute other = snapshot.byName.get(route.name());
    if (other != null && !other.id().equals(route.id())) {
      throw new NameTaken(route.name());
    }
  }

  private record Snapshot(
      List<ModelRoute> all, Map<ModelId, ModelRoute> byId, Map<ModelName, ModelRoute> byName) {
    static Snapshot of(List<ModelRoute> routes) {
      return new Snapshot(
          List.copyOf(routes),
          routes.stream()
              .collect(Collectors.toUnmodifiableMap(ModelRoute::id, Function.identity())),
          routes.stream()
              .collect(Collectors.toUnmodifiableMap(ModelRoute::name, Function.identity())));
    }

    Snapshot with(ModelRoute added) {
      return of(Stream.concat(all.stream(), Stream.of(added)).toList());
    }

    Snapshot replacing(ModelRoute changed) {
      return of(
          all.stream().map(route -> route.id().equals(changed.id()) ? changed : route).toList());
    }

    Snapshot without(ModelId id) {
      return of(all.stream().filter(route -> !route.id().equals(id)).toList());
    }
  }
}
