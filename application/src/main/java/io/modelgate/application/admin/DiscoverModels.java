package io.modelgate.application.admin;

import io.modelgate.application.admin.ChangeRoutes.Added;
import io.modelgate.application.admin.ChangeRoutes.NewModel;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.application.port.ModelCatalog;
import io.modelgate.application.port.ModelCatalog.Listing;
import io.modelgate.application.port.ModelCatalog.OfferedModel;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.Target;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Adds the models of engines that are found where engines usually are. Never changes a model that
 * is there; one that was deleted comes back. Thread-safe; blocks for as long as the catalog does.
 */
public final class DiscoverModels {
  private final ModelCatalog catalog;
  private final ChangeRoutes changeRoutes;

  public DiscoverModels(ModelCatalog catalog, ChangeRoutes changeRoutes) {
    this.catalog = catalog;
    this.changeRoutes = changeRoutes;
  }

  /**
   * Asks all places at once, then adds in their order: where two offer the same name, the first has
   * it.
   *
   * @return what was found, without the places where there is nothing of that kind
   * @throws io.modelgate.application.port.StoreUnavailable when a model could not be kept
   */
  public List<Finding> handle(List<Place> places) throws InterruptedException {
    List<Listing> listings =
        AtOnce.ask(places, place -> catalog.list(place.kind(), place.baseUrl(), null));
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      if (listings.get(i) instanceof Listing.Found found) {
        Finding finding = take(places.get(i), found);
        if (!finding.models().isEmpty() || finding.remote() > 0) {
          findings.add(finding);
        }
      }
    }
    return findings;
  }

  private Finding take(Place place, Listing.Found found) {
    List<ModelName> models = new ArrayList<>();
    int added = 0;
    int remote = 0;
    for (OfferedModel model : found.models()) {
      if (model.engine() != place.kind()) {
        continue; // something else lives at that address
      }
      if (model.remote()) {
        remote++; // prompts leave this machine only when somebody says so
        continue;
      }
      models.add(model.name());
      if (changeRoutes.add(asFound(model.name(), place), Author.GATEWAY) instanceof Added) {
        added++;
      }
    }
    return new Finding(place, models, added, remote, found.unusable());
  }

  private static NewModel asFound(ModelName name, Place place) {
    return NewModel.found(name, List.of(new Target(place.kind(), place.baseUrl(), null, null)));
  }

  /**
   * Where an engine may be.
   *
   * @param baseUrl null for where its kind is set to; else its models get this one
   */
  public record Place(BackendKind kind, @Nullable BaseUrl baseUrl) {}

  /**
   * An engine that is there.
   *
   * @param models that it can serve by itself, known before or not
   * @param added how many of them are new
   * @param remote how many it would have served from elsewhere; left out
   * @param unusable how many have a name that no client could ask for; left out
   */
  public record Finding(Place place, List<ModelName> models, int added, int remote, int unusable) {
    public Finding {
      models = List.copyOf(models);
    }
  }
}
