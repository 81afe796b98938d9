package io.modelgate.application.admin;

import io.modelgate.application.admin.ChangeRoutes.NewModel;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.application.port.ModelCatalog;
import io.modelgate.application.port.ModelCatalog.Listing;
import io.modelgate.application.port.ModelCatalog.OfferedModel;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.ModelSource;
import io.modelgate.domain.routing.Target;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Brings the models that came from backends in line with what backends offer now: each stands on
 * all that offer it. Models made by hand are left alone, and so is whatever stands on a backend
 * that does not answer. Thread-safe; blocks for as long as the catalog does.
 */
public final class SyncModels {
  private static final Comparator<ModelName> BY_NAME = Comparator.comparing(ModelName::value);

  private final ModelCatalog catalog;
  private final ModelRoutes routes;
  private final ChangeRoutes changeRoutes;
  private final Supplier<Map<BackendKind, BaseUrl>> adapters;

  /**
   * Asks through {@code catalog}.
   *
   * @param adapters where each kind is set to be; asked each time
   */
  public SyncModels(
      ModelCatalog catalog,
      ModelRoutes routes,
      ChangeRoutes changeRoutes,
      Supplier<Map<BackendKind, BaseUrl>> adapters) {
    this.catalog = catalog;
    this.routes = routes;
    this.changeRoutes = changeRoutes;
    this.adapters = adapters;
  }

  /**
   * Where models may come from.
   *
   * @param baseUrl as a target says it; null for where the kind is set to
   */
  private record Place(BackendKind kind, @Nullable BaseUrl baseUrl) {
    static Place of(Target target) {
      return new Place(target.backend(), target.baseUrl());
    }

    Target target() {
      return new Target(kind, baseUrl, null, null);
    }
  }

  /**
   * What one backend has to do with it.
   *
   * @param baseUrl where it is
   * @param failure why it gave no list; null when it did
   * @param added models that are new, and stand on it
   * @param removed those that it alone had offered, and offers no more
   * @param changed those that it offers beside others, or does not any more
   * @param unchanged how many of its models are as they were
   */
  public record Difference(
      BackendKind kind,
      @Nullable BaseUrl baseUrl,
      @Nullable UpstreamFailure failure,
      List<ModelName> added,
      List<ModelName> removed,
      List<ModelName> changed,
      int unchanged) {}

  /**
   * Asks all, and makes the changes.
   *
   * @param dryRun only to say what would be done
   * @throws io.modelgate.application.port.StoreUnavailable when a change could not be kept; those
   *     before it are
   */
  public List<Difference> handle(boolean dryRun, Author author) throws InterruptedException {
    List<Place> places = places();
    List<Listing> listings =
        AtOnce.ask(places, place -> catalog.list(place.kind(), place.baseUrl(), credential(place)));
    Map<Place, Set<ModelName>> offered = new LinkedHashMap<>();
    Map<Place, UpstreamFailure> failures = new LinkedHashMap<>();
    for (int i = 0; i < places.size(); i++) {
      switch (listings.get(i)) {
        case Listing.Found found -> offered.put(places.get(i), own(places.get(i), found));
        case Listing.Failed(UpstreamFailure failure) -> failures.put(places.get(i), failure);
      }
    }
    List<Plan> plans = plans(offered);
    if (!dryRun) {
      plans.forEach(plan -> carryOut(plan, author));
    }
    return places.stream()
        .map(place -> difference(place, failures.get(place), offered.get(place), plans))
        .toList();
  }

  /** Those that are set, and those that models of earlier times stand on. */
  private List<Place> places() {
    Set<Place> places = new LinkedHashSet<>();
    adapters.get().keySet().forEach(kind -> places.add(new Place(kind, null)));
    synced()
        .flatMap(route -> route.targets().stream())
        .filter(target -> target.baseUrl() != null)
        .forEach(target -> places.add(Place.of(target)));
    return List.copyOf(places);
  }

  private Stream<ModelRoute> synced() {
    return routes.all().stream().filter(route -> route.source() == ModelSource.SYNC);
  }

  /** What a model there is called with. */
  private @Nullable Credential credential(Place place) {
    return synced()
        .flatMap(route -> route.targets().stream())
        .filter(target -> Place.of(target).equals(place) && target.credential() != null)
        .map(Target::credential)
        .findFirst()
        .orElse(null);
  }

  /**
   * The models that are there: none of another engine that lives at that address, and none that it
   * would only pass on, for prompts leave this machine only when somebody says so.
   */
  private static Set<ModelName> own(Place place, Listing.Found found) {
    Set<ModelName> names = new LinkedHashSet<>();
    for (OfferedModel model : found.models()) {
      if (!model.remote() && (model.engine() == null || model.engine() == place.kind())) {
        names.add(model.name());
      }
    }
    return names;
  }

  /**
   * What is to become of one model.
   *
   * @param before null for a new one
   * @param targets none to remove it
   * @param gained where it was not before
   * @param lost where it is not any more
   */
  private record Plan(
      ModelName name,
      @Nullable ModelRoute before,
      List<Target> targets,
      Set<Place> gained,
      Set<Place> lost) {
    boolean changesNothing() {
      return gained.isEmpty() && lost.isEmpty();
    }
  }

  private List<Plan> plans(Map<Place, Set<ModelName>> offered) {
    List<Plan> plans = new ArrayList<>();
    synced().forEach(route -> plans.add(plan(route, offered)));
    Set<ModelName> names = new LinkedHashSet<>();
    offered.values().forEach(names::addAll);
    for (ModelName name : names) {
      if (routes.byName(name).isEmpty()) {
        Set<Place> gained = offering(name, offered);
        List<Target> targets = gained.stream().map(Place::target).toList();
        plans.add(new Plan(name, null, most(targets), gained, Set.of()));
      }
    }
    return plans;
  }

  private static Plan plan(ModelRoute route, Map<Place, Set<ModelName>> offered) {
    List<Target> targets = new ArrayList<>();
    Set<Place> lost = new LinkedHashSet<>();
    Set<Place> gained = offering(route.name(), offered);
    for (Target target : route.targets()) {
      Place place = Place.of(target);
      Set<ModelName> there = offered.get(place);
      gained.remove(place);
      if (there == null || there.contains(nameThere(route, target))) {
        targets.add(target);
      } else {
        lost.add(place);
      }
    }
    gained.forEach(place -> targets.add(place.target()));
    return new Plan(route.name(), route, most(targets), gained, lost);
  }

  private static List<Target> most(List<Target> targets) {
    return targets.stream().limit(ModelRoute.MOST_TARGETS).toList();
  }

  private static ModelName nameThere(ModelRoute route, Target target) {
    String upstream = target.upstreamModel();
    return upstream != null && ModelName.isValid(upstream) ? new ModelName(upstream) : route.name();
  }

  private static Set<Place> offering(ModelName name, Map<Place, Set<ModelName>> offered) {
    Set<Place> places = new LinkedHashSet<>();
    offered.forEach(
        (place, names) -> {
          if (names.contains(name)) {
            places.add(place);
          }
        });
    return places;
  }

  /** Somebody may have changed a model meanwhile: whoever took it over by hand keeps it. */
  private void carryOut(Plan plan, Author author) {
    if (plan.changesNothing()) {
      return;
    }
    ModelRoute before = plan.before();
    if (before == null) {
      var _ = changeRoutes.add(NewModel.found(plan.name(), plan.targets()), author);
    } else if (plan.targets().isEmpty()) {
      boolean _ = changeRoutes.delete(before.id(), author);
    } else {
      var _ =
          changeRoutes.change(
              before.id(),
              route ->
                  route.source() == ModelSource.SYNC ? route.withTargets(plan.targets()) : route,
              author);
    }
  }

  private Difference difference(
      Place place,
      @Nullable UpstreamFailure failure,
      @Nullable Set<ModelName> offered,
      List<Plan> plans) {
    var added = new TreeSet<>(BY_NAME);
    var removed = new TreeSet<>(BY_NAME);
    var changed = new TreeSet<>(BY_NAME);
    for (Plan plan : plans) {
      if (plan.gained().contains(place) || plan.lost().contains(place)) {
        (plan.before() == null ? added : plan.targets().isEmpty() ? removed : changed)
            .add(plan.name());
      }
    }
    int listed = offered == null ? 0 : offered.size();
    int gained = (int) plans.stream().filter(plan -> plan.gained().contains(place)).count();
    return new Difference(
        place.kind(),
        Optional.ofNullable(place.baseUrl()).orElseGet(() -> adapters.get().get(place.kind())),
        failure,
        List.copyOf(added),
        List.copyOf(removed),
        List.copyOf(changed),
        listed - gained);
  }
}
