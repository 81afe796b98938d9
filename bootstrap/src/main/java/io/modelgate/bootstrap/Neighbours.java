package io.modelgate.bootstrap;

import io.modelgate.application.admin.DiscoverModels;
import io.modelgate.application.admin.DiscoverModels.Finding;
import io.modelgate.application.admin.DiscoverModels.Place;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.infrastructure.upstream.UpstreamSettings.Adapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The engines that may run beside a gateway that is being tried out.
 *
 * @param served the kinds that can be called
 */
record Neighbours(
    DiscoverModels discoverModels, Map<BackendKind, Adapter> adapters, Set<BackendKind> served) {
  /** For an engine's answer; one that is there and idle needs a few milliseconds. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final List<BackendKind> LOCAL =
      List.of(BackendKind.OLLAMA, BackendKind.VLLM, BackendKind.LLAMACPP);

  /** Ours is another, because people run other things on 8080 too. */
  private static final BaseUrl LLAMA_SERVERS_DEFAULT = BaseUrl.of("http://localhost:8080");

  /**
   * Adds what they offer.
   *
   * @return a sentence for each that is there
   */
  List<String> greet() throws InterruptedException {
    return discoverModels.handle(places()).stream().map(this::sentence).toList();
  }

  private List<Place> places() {
    List<Place> places = new ArrayList<>();
    for (BackendKind kind : LOCAL) {
      Adapter adapter = adapters.get(kind);
      if (adapter != null && served.contains(kind)) {
        places.add(new Place(kind, null));
        if (kind == BackendKind.LLAMACPP && isUntouched(adapter)) {
          places.add(new Place(kind, LLAMA_SERVERS_DEFAULT));
        }
      }
    }
    return places;
  }

  /** A credential is shown only where the operator said that it belongs. */
  private static boolean isUntouched(Adapter adapter) {
    return adapter.credential() == null
        && SettingsTable.LLAMACPP_BASE_URL.equals(String.valueOf(adapter.baseUrl()));
  }

  private String sentence(Finding finding) {
    String models =
        finding.models().stream().map(Object::toString).collect(Collectors.joining(", "));
    List<String> counts = new ArrayList<>(List.of("added " + finding.added()));
    if (finding.remote() > 0) {
      counts.add("left out " + finding.remote() + " that would be served from elsewhere");
    }
    if (finding.unusable() > 0) {
      counts.add("left out " + finding.unusable() + " whose names no client could ask for");
    }
    return "Found %s at %s: %s (%s)."
        .formatted(
            brand(finding.place().kind()),
            address(finding.place()),
            models.isEmpty() ? "no models of its own" : models,
            String.join("; ", counts));
  }

  private @Nullable BaseUrl address(Place place) {
    Adapter adapter = adapters.get(place.kind());
    return place.baseUrl() != null || adapter == null ? place.baseUrl() : adapter.baseUrl();
  }

  private static String brand(BackendKind kind) {
    return switch (kind) {
      case OLLAMA -> "Ollama";
      case VLLM -> "vLLM";
      case LLAMACPP -> "llama.cpp";
      case OPENAI, API3, ECHO -> kind.wireName();
    };
  }
}
