package io.modelgate.application.admin;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.ModelSource;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Adds and changes the models clients can ask for. A name belongs to one model, and a model is only
 * put on a kind of backend that this gateway serves, at an address that may be called. Thread-safe;
 * blocks until a change is durable.
 */
public final class ChangeRoutes {
  private final ModelRoutes routes;
  private final Set<BackendKind> served;
  private final Supplier<BackendAddresses> addresses;
  private final InstantSource clock;
  private final RandomText random;

  /**
   * Changes {@code routes}.
   *
   * @param served the kinds of backend a model can be put on
   * @param addresses which may be called; asked each time
   * @param random for ids; thread-safe
   */
  public ChangeRoutes(
      ModelRoutes routes,
      Set<BackendKind> served,
      Supplier<BackendAddresses> addresses,
      InstantSource clock,
      RandomGenerator random) {
    this.routes = routes;
    this.served = Set.copyOf(served);
    this.addresses = addresses;
    this.clock = clock;
    this.random = new RandomText(random);
  }

  /**
   * Adds one model.
   *
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept
   */
  public Addition add(NewModel wanted, Author author) {
    Optional<BackendKind> missing = notServed(wanted.targets());
    if (missing.isPresent()) {
      return new NotServed(missing.get(), served);
    }
    Optional<ModelName> unknown = unknown(wanted.fallbacks());
    if (unknown.isPresent()) {
      return new NoFallback(unknown.get());
    }
    if (!mayBeCalled(wanted.targets())) {
      return new AddressRefused();
    }
    Deed deed = Deed.now(Action.CREATE, author, clock);
    ModelRoute route =
        new ModelRoute(
            new ModelId(random.id("mdl_")),
            wanted.name(),
            wanted.targets(),
            wanted.fallbacks(),
            wanted.timeout(),
            wanted.streamUsage(),
            wanted.maxOutputTokens(),
            wanted.source(),
            wanted.enabled(),
            deed.time(),
            deed.time());
    try {
      routes.add(route, deed);
    } catch (ModelRoutes.NameTaken _) {
      return new NameTaken(wanted.name());
    }
    return new Added(route);
  }

  /**
   * Changes one model. A model that stands on a kind no longer served can still be renamed,
   * disabled or moved away.
   *
   * @param change keeps id and creation; pure, may be asked more than once
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept
   */
  public Change change(ModelId id, UnaryOperator<ModelRoute> change, Author author) {
    Optional<ModelRoute> before = routes.byId(id);
    if (before.isEmpty()) {
      return new NotThere(id);
    }
    ModelRoute wanted = change.apply(before.get());
    Optional<BackendKind> missing = notServed(added(wanted.targets(), before.get().targets()));
    if (missing.isPresent()) {
      return new NotServed(missing.get(), served);
    }
    Optional<ModelName> unknown = unknown(added(wanted.fallbacks(), before.get().fallbacks()));
    if (unknown.isPresent()) {
      return new NoFallback(unknown.get());
    }
    if (!mayBeCalled(added(wanted.targets(), before.get().targets()))) {
      return new AddressRefused();
    }
    Deed deed = Deed.now(Action.UPDATE, author, clock);
    try {
      return routes
          .change(
              id,
              route -> {
                ModelRoute changed = change.apply(route);
                return changed.equals(route) ? route : changed.changedAt(deed.time());
              },
              deed)
          .<Change>map(Changed::new)
          .orElseGet(() -> new NotThere(id));
    } catch (ModelRoutes.NameTaken _) {
      return new NameTaken(wanted.name());
    }
  }

  /**
   * Deletes a model.
   *
   * @return whether there was one
   */
  public boolean delete(ModelId id, Author author) {
    return routes.remove(id, Deed.now(Action.DELETE, author, clock));
  }

  private static <T> List<T> added(List<T> after, List<T> before) {
    return after.stream().filter(each -> !before.contains(each)).toList();
  }

  private Optional<BackendKind> notServed(List<Target> targets) {
    return targets.stream().map(Target::backend).filter(kind -> !served.contains(kind)).findFirst();
  }

  private Optional<ModelName> unknown(List<ModelName> fallbacks) {
    return fallbacks.stream().filter(name -> routes.byName(name).isEmpty()).findFirst();
  }

  /** A name is looked up and judged when it is called, each time. */
  private boolean mayBeCalled(List<Target> targets) {
    return targets.stream()
        .map(Target::baseUrl)
        .filter(Objects::nonNull)
        .allMatch(url -> addresses.get().permits(url.host()));
  }

  /** What a new model is to be; as in {@link ModelRoute}. */
  public record NewModel(
      ModelName name,
      List<Target> targets,
      List<ModelName> fallbacks,
      @Nullable Duration timeout,
      @Nullable StreamUsage streamUsage,
      @Nullable Long maxOutputTokens,
      ModelSource source,
      boolean enabled) {
    /** One that is called the same there; everything else as that kind of backend is set to. */
    public static NewModel on(BackendKind backend, @Nullable BaseUrl baseUrl, ModelName name) {
      return new NewModel(
          name,
          List.of(new Target(backend, baseUrl, null, null)),
          List.of(),
          null,
          null,
          null,
          ModelSource.MANUAL,
          true);
    }

    /** One that backends offer. */
    public static NewModel found(ModelName name, List<Target> targets) {
      return new NewModel(name, targets, List.of(), null, null, null, ModelSource.SYNC, true);
    }
  }

  /** What became of a new model. */
  public sealed interface Addition {}

  /** What became of a change. */
  public sealed interface Change {}

  /** It is there, and clients can ask for it if it is enabled. */
  public record Added(ModelRoute route) implements Addition {}

  /** As it is now. */
  public record Changed(ModelRoute route) implements Change {}

  /** There is no model of that id. */
  public record NotThere(ModelId id) implements Change {}

  /** Another model has that name; nothing was changed. */
  public record NameTaken(ModelName name) implements Addition, Change {}

  /** There is no model of that name to stand in; nothing was changed. */
  public record NoFallback(ModelName name) implements Addition, Change {}

  /** The base URL names an address that is not called; nothing was changed. */
  public record AddressRefused() implements Addition, Change {}

  /**
   * This gateway has nothing that could call such a backend; nothing was changed.
   *
   * @param served what it can call
   */
  public record NotServed(BackendKind backend, Set<BackendKind> served)
      implements Addition, Change {}
}
