package io.modelgate.testing;

import io.modelgate.application.port.ModelCatalog;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Says of each place what it was told to say; nobody is anywhere else. Thread-safe. */
public final class ScriptedCatalog implements ModelCatalog {
  private record Place(BackendKind kind, @Nullable BaseUrl baseUrl) {}

  private final Map<Place, Listing> listings = new ConcurrentHashMap<>();

  /**
   * Puts an answer somewhere.
   *
   * @param baseUrl null for where the kind is set to
   * @return this
   */
  public ScriptedCatalog at(BackendKind kind, @Nullable BaseUrl baseUrl, Listing listing) {
    listings.put(new Place(kind, baseUrl), listing);
    return this;
  }

  @Override
  public Listing list(
      BackendKind kind, @Nullable BaseUrl baseUrl, @Nullable Credential credential) {
    return listings.getOrDefault(
        new Place(kind, baseUrl), new Listing.Failed(new Unreachable("nobody is there")));
  }
}
