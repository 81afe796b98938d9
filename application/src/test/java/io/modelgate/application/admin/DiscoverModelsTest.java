package io.modelgate.application.admin;

import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aRoute;
import static io.modelgate.testing.Samples.disabled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.modelgate.application.admin.DiscoverModels.Finding;
import io.modelgate.application.admin.DiscoverModels.Place;
import io.modelgate.application.port.ModelCatalog.Listing.Found;
import io.modelgate.application.port.ModelCatalog.OfferedModel;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.testing.BrokenStore;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.ScriptedCatalog;
import io.modelgate.testing.SettableClock;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DiscoverModelsTest {
  private static final Place OLLAMA = new Place(BackendKind.OLLAMA, null);
  private static final Place VLLM = new Place(BackendKind.VLLM, null);
  private static final BaseUrl ELSEWHERE = BaseUrl.of("http://localhost:8080");
  private static final Place LLAMACPP = new Place(BackendKind.LLAMACPP, ELSEWHERE);

  private final ScriptedCatalog catalog = new ScriptedCatalog();
  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();

  private List<Finding> discover(Place... places) throws InterruptedException {
    return discover(routes, places);
  }

  private List<Finding> discover(ModelRoutes store, Place... places) throws InterruptedException {
    var changeRoutes =
        new ChangeRoutes(
            store,
            EnumSet.allOf(BackendKind.class),
            () -> BackendAddresses.USUAL,
            new SettableClock(NOON),
            new SecureRandom());
    return new DiscoverModels(catalog, changeRoutes).handle(List.of(places));
  }

  private void offer(Place at, OfferedModel... models) {
    catalog.at(at.kind(), at.baseUrl(), new Found(List.of(models), 0));
  }

  private static OfferedModel local(String name, @Nullable BackendKind engine) {
    return new OfferedModel(new ModelName(name), engine, false);
  }

  private static List<ModelName> names(String... names) {
    return List.of(names).stream().map(ModelName::new).toList();
  }

  private ModelRoute known(String name) {
    return routes.byName(new ModelName(name)).orElseThrow();
  }

  @Test
  void addsTheModelsThatAreOfferedUnderTheirOwnNames() throws InterruptedException {
    offer(OLLAMA, local("llama3.2:3b", BackendKind.OLLAMA), local("qwen3:8b", BackendKind.OLLAMA));
    offer(LLAMACPP, local("tiny", BackendKind.LLAMACPP));

    var findings = discover(OLLAMA, VLLM, LLAMACPP);

    assertThat(findings)
        .containsExactly(
            new Finding(OLLAMA, names("llama3.2:3b", "qwen3:8b"), 2, 0, 0),
            new Finding(LLAMACPP, names("tiny"), 1, 0, 0));
    assertThat(known("qwen3:8b").targets().getFirst().backend()).isEqualTo(BackendKind.OLLAMA);
    assertThat(known("qwen3:8b").targets().getFirst().baseUrl()).isNull();
    assertThat(known("qwen3:8b").enabled()).isTrue();
    assertThat(known("tiny").targets().getFirst().baseUrl()).isEqualTo(ELSEWHERE);
  }

  @Test
  void leavesModelsAloneThatAreThere() throws InterruptedException {
    ModelRoute mine = disabled(aRoute("tiny", BackendKind.OPENAI));
    routes.add(mine, DEED);
    offer(VLLM, local("tiny", BackendKind.VLLM), local("big", BackendKind.VLLM));

    assertThat(discover(VLLM)).containsExactly(new Finding(VLLM, names("tiny", "big"), 1, 0, 0));
    assertThat(known("tiny")).isEqualTo(mine);
    assertThat(discover(VLLM)).containsExactly(new Finding(VLLM, names("tiny", "big"), 0, 0, 0));
  }

  @Test
  void givesANameThatTwoOfferToTheFirst() throws InterruptedException {
    offer(LLAMACPP, local("tiny", BackendKind.LLAMACPP));
    offer(VLLM, local("tiny", BackendKind.VLLM));

    assertThat(discover(VLLM, LLAMACPP)).extracting(Finding::added).containsExactly(1, 0);
    assertThat(known("tiny").targets().getFirst().backend()).isEqualTo(BackendKind.VLLM);
  }

  @Test
  void takesNothingFromWhateverElseLivesAtThatAddress() throws InterruptedException {
    offer(VLLM, local("tiny", BackendKind.LLAMACPP));
    offer(LLAMACPP, local("gpt-4o", null));

    assertThat(discover(VLLM, LLAMACPP)).isEmpty();
    assertThat(routes.all()).isEmpty();
  }

  @Test
  void leavesOutModelsThatLiveElsewhereAndSaysSo() throws InterruptedException {
    var cloud = new OfferedModel(new ModelName("big-cloud"), BackendKind.OLLAMA, true);
    catalog.at(BackendKind.OLLAMA, null, new Found(List.of(cloud), 3));

    assertThat(discover(OLLAMA)).containsExactly(new Finding(OLLAMA, List.of(), 0, 1, 3));
    assertThat(routes.all()).isEmpty();
  }

  @Test
  void findsNothingWhereNobodyIsOrNothingIsOffered() throws InterruptedException {
    offer(OLLAMA);

    assertThat(discover(OLLAMA, VLLM)).isEmpty();
  }

  @Test
  void saysThatAModelCouldNotBeKept() {
    offer(VLLM, local("tiny", BackendKind.VLLM));

    assertThatExceptionOfType(StoreUnavailable.class)
        .isThrownBy(() -> discover(BrokenStore.over(routes), VLLM));
  }
}
