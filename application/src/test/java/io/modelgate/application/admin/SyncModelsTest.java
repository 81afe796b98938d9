package io.modelgate.application.admin;

import static io.modelgate.testing.Samples.AUTHOR;
import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aRoute;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.admin.SyncModels.Difference;
import io.modelgate.application.port.ModelCatalog.Listing;
import io.modelgate.application.port.ModelCatalog.OfferedModel;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.ModelSource;
import io.modelgate.domain.routing.Target;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.ScriptedCatalog;
import io.modelgate.testing.SettableClock;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SyncModelsTest {
  private static final BaseUrl OLLAMA_URL = BaseUrl.of("http://ollama:11434");
  private static final BaseUrl VLLM_URL = BaseUrl.of("http://vllm:8000");
  private static final BaseUrl ELSEWHERE = BaseUrl.of("http://elsewhere:8000");

  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();
  private final ScriptedCatalog catalog = new ScriptedCatalog();
  private final Map<BackendKind, BaseUrl> adapters =
      new EnumMap<>(Map.of(BackendKind.OLLAMA, OLLAMA_URL, BackendKind.VLLM, VLLM_URL));
  private final SyncModels syncModels =
      new SyncModels(
          catalog,
          routes,
          new ChangeRoutes(
              routes,
              EnumSet.allOf(BackendKind.class),
              () -> BackendAddresses.USUAL,
              new SettableClock(NOON),
              new SecureRandom()),
          () -> adapters);

  private void offers(BackendKind kind, String... models) {
    offers(kind, null, models);
  }

  private void offers(BackendKind kind, @Nullable BaseUrl at, String... models) {
    catalog.at(
        kind,
        at,
        new Listing.Found(
            Stream.of(models)
                .map(model -> new OfferedModel(new ModelName(model), null, false))
                .toList(),
            0));
  }

  private void fails(BackendKind kind) {
    catalog.at(kind, null, new Listing.Failed(new UpstreamFailure.Unreachable("refused")));
  }

  private void sync() throws InterruptedException {
    List<Difference> _ = syncModels.handle(false, AUTHOR);
  }

  private Difference differenceAt(BackendKind kind, boolean dryRun) throws InterruptedException {
    return syncModels.handle(dryRun, AUTHOR).stream()
        .filter(difference -> difference.kind() == kind)
        .findFirst()
        .orElseThrow();
  }

  private static List<ModelName> names(String... names) {
    return Stream.of(names).map(ModelName::new).toList();
  }

  private List<String> all() {
    return routes.all().stream().map(route -> route.name().value()).toList();
  }

  private List<BackendKind> standsOn(String model) {
    return routes.byName(new ModelName(model)).orElseThrow().targets().stream()
        .map(Target::backend)
        .toList();
  }

  @Test
  void whatIsOfferedBecomesAModelAndOnAllThatOfferIt() throws InterruptedException {
    offers(BackendKind.OLLAMA, "both", "small");
    offers(BackendKind.VLLM, "large", "both");

    List<Difference> differences = syncModels.handle(false, AUTHOR);

    assertThat(all()).containsExactlyInAnyOrder("both", "small", "large");
    assertThat(standsOn("both")).containsExactly(BackendKind.OLLAMA, BackendKind.VLLM);
    assertThat(routes.all()).allMatch(route -> route.source() == ModelSource.SYNC);
    assertThat(differences)
        .containsExactlyInAnyOrder(
            new Difference(
                BackendKind.OLLAMA,
                OLLAMA_URL,
                null,
                names("both", "small"),
                List.of(),
                List.of(),
                0),
            new Difference(
                BackendKind.VLLM, VLLM_URL, null, names("both", "large"), List.of(), List.of(), 0));
  }

  @Test
  void aDryRunSaysTheSameAndDoesNothing() throws InterruptedException {
    offers(BackendKind.OLLAMA, "a");
    offers(BackendKind.VLLM, "b");

    List<Difference> would = syncModels.handle(true, AUTHOR);

    assertThat(all()).isEmpty();
    assertThat(syncModels.handle(false, AUTHOR)).isEqualTo(would);
    assertThat(all()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void aSecondTimeThereIsNothingToDo() throws InterruptedException {
    offers(BackendKind.OLLAMA, "a", "b");
    offers(BackendKind.VLLM, "b");
    sync();
    List<ModelRoute> before = routes.all();

    Difference difference = differenceAt(BackendKind.OLLAMA, false);

    assertThat(difference.added()).isEmpty();
    assertThat(difference.changed()).isEmpty();
    assertThat(difference.unchanged()).isEqualTo(2);
    assertThat(routes.all()).isEqualTo(before);
  }

  @Test
  void whatNobodyOffersAnyMoreIsRemovedAndWhatOneStillOffersIsChanged()
      throws InterruptedException {
    offers(BackendKind.OLLAMA, "a", "both");
    offers(BackendKind.VLLM, "both");
    sync();
    offers(BackendKind.OLLAMA, "new");

    Difference difference = differenceAt(BackendKind.OLLAMA, false);

    assertThat(difference.removed()).isEqualTo(names("a"));
    assertThat(difference.changed()).isEqualTo(names("both"));
    assertThat(difference.added()).isEqualTo(names("new"));
    assertThat(all()).containsExactlyInAnyOrder("both", "new");
    assertThat(standsOn("both")).containsExactly(BackendKind.VLLM);
  }

  @Test
  void aBackendThatFailsChangesNothing() throws InterruptedException {
    offers(BackendKind.OLLAMA, "a", "both");
    offers(BackendKind.VLLM, "both");
    sync();
    List<ModelRoute> before = routes.all();
    fails(BackendKind.OLLAMA);

    Difference difference = differenceAt(BackendKind.OLLAMA, false);

    assertThat(difference.failure()).isInstanceOf(UpstreamFailure.Unreachable.class);
    assertThat(difference.removed()).isEmpty();
    assertThat(routes.all()).isEqualTo(before);
  }

  @Test
  void modelsMadeByHandAreLeftAloneEvenWhenTheirNameIsOfferedElsewhere()
      throws InterruptedException {
    ModelRoute byHand = aRoute("a", BackendKind.OPENAI);
    routes.add(byHand, DEED);
    routes.add(aRoute("gone", BackendKind.OLLAMA), DEED);
    offers(BackendKind.OLLAMA, "a");
    offers(BackendKind.VLLM);

    Difference difference = differenceAt(BackendKind.OLLAMA, false);

    assertThat(difference.added()).isEmpty();
    assertThat(difference.unchanged()).isEqualTo(1);
    assertThat(routes.byName(byHand.name())).contains(byHand);
    assertThat(all()).containsExactly("a", "gone");
  }

  @Test
  void whereModelsStandThatIsNotSetIsAskedToo() throws InterruptedException {
    var target = new Target(BackendKind.VLLM, ELSEWHERE, null, null);
    ModelRoute found = aRoute("there", BackendKind.VLLM).withTargets(List.of(target));
    routes.add(synced(found), DEED);
    offers(BackendKind.OLLAMA);
    offers(BackendKind.VLLM);
    offers(BackendKind.VLLM, ELSEWHERE, "there", "beside");

    sync();

    assertThat(all()).containsExactly("there", "beside");
    assertThat(routes.byName(new ModelName("beside")).orElseThrow().targets())
        .containsExactly(target);
  }

  @Test
  void whatAnotherEngineAtThatAddressOffersAndWhatIsPassedOnIsLeftOut()
      throws InterruptedException {
    catalog.at(
        BackendKind.OLLAMA,
        null,
        new Listing.Found(
            List.of(
                new OfferedModel(new ModelName("own"), BackendKind.OLLAMA, false),
                new OfferedModel(new ModelName("cloud"), BackendKind.OLLAMA, true),
                new OfferedModel(new ModelName("other"), BackendKind.LLAMACPP, false)),
            0));

    sync();

    assertThat(all()).containsExactly("own");
  }

  private static ModelRoute synced(ModelRoute route) {
    return new ModelRoute(
        route.id(),
        route.name(),
        route.targets(),
        route.fallbacks(),
        route.timeout(),
        route.streamUsage(),
        route.maxOutputTokens(),
        ModelSource.SYNC,
        route.enabled(),
        route.createdAt(),
        route.updatedAt());
  }
}
