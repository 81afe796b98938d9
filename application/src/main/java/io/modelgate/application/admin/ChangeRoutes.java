package io.modelgate.application.admin;

import io.modelgate.application.port.ModelRoutes;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
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
  public Addition add(NewModel wanted) {
    if (!served.contains(wanted.backend())) {
      return new NotServed(wanted.backend(), served);
    }
    if (!mayBeCalled(wanted.baseUrl())) {
      return new AddressRefused();
    }
    Instant now = now();
    ModelRoute route =
        new ModelRoute(
            new ModelId(random.id("mdl_")),
            wanted.name(),
            wanted.backend(),
            wanted.baseUrl(),
            wanted.upstreamModel(),
            wanted.credential(),
            wanted.timeout(),
            wanted.streamUsage(),
            wanted.maxOutputTokens(),
            wanted.enabled(),
            now,
            now);
    try {
      routes.add(route);
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
  public Change change(ModelId id, UnaryOperator<ModelRoute> change) {
    Optional<ModelRoute> before = routes.byId(id);
    if (before.isEmpty()) {
      return new NotThere(id);
    }
    ModelRoute wanted = change.apply(before.get());
    if (wanted.backend() != before.get().backend() && !served.contains(wanted.backend())) {
      return new NotServed(wanted.backend(), served);
    }
    if (!Objects.equals(wanted.baseUrl(), before.get().baseUrl())
        && !mayBeCalled(wanted.baseUrl())) {
      return new AddressRefused();
    }
    Instant now = now();
    try {
      return routes
          .change(id, route -> change.apply(route).changedAt(now))
          .<Change>map(Changed::new)
          .orElseGet(() -> new NotThere(id));
    } catch (ModelRoutes.NameTaken _) {
      return new NameTaken(wanted.name());
    }
  }

  /** A name is looked up and judged when it is called, each time. */
  private boolean mayBeCalled(@Nullable BaseUrl url) {
    return url == null || addresses.get().permits(url.host());
  }

  /** Milliseconds, so that what is shown now is what the store shows after a restart. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /** What a new model is to be; null takes what the backend's adapter is set to. */
  public record NewModel(
      ModelName name,
      BackendKind backend,
      @Nullable BaseUrl baseUrl,
      @Nullable String upstreamModel,
      @Nullable Credential credential,
      @Nullable Duration timeout,
      @Nullable StreamUsage streamUsage,
      @Nullable Long maxOutputTokens,
      boolean enabled) {}

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
