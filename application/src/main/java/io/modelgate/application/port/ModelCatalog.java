package io.modelgate.application.port;

import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Driven port: asks a backend which models it has. Implementations are thread-safe and block the
 * calling thread, never without a timeout. Whatever a backend does comes back as a value.
 */
public interface ModelCatalog {
  /**
   * Asks one backend.
   *
   * @param baseUrl null for the one its kind is set to
   * @param credential null for the one its kind is set to
   */
  Listing list(BackendKind kind, @Nullable BaseUrl baseUrl, @Nullable Credential credential);

  /** What it said. */
  sealed interface Listing {
    /**
     * A list, possibly an empty one.
     *
     * @param models in the backend's order, no name twice
     * @param unusable how many more it named that no client could ask for: no {@link ModelName}
     */
    record Found(List<OfferedModel> models, int unusable) implements Listing {
      public Found {
        models = List.copyOf(models);
      }
    }

    /** No list came; an answer that is none is a failure too, not an empty list. */
    record Failed(UpstreamFailure failure) implements Listing {}
  }

  /**
   * A model that a backend has.
   *
   * @param engine the kind that the backend says it is, whatever it was asked as; null when it does
   *     not say
   * @param remote whether the backend would pass a call on to another company's machines
   */
  record OfferedModel(ModelName name, @Nullable BackendKind engine, boolean remote) {}
}
