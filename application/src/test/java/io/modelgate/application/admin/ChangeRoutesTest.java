package io.modelgate.application.admin;

import static io.modelgate.testing.Samples.AUTHOR;
import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aRoute;
import static io.modelgate.testing.Samples.disabled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.modelgate.application.admin.ChangeRoutes.Added;
import io.modelgate.application.admin.ChangeRoutes.AddressRefused;
import io.modelgate.application.admin.ChangeRoutes.Changed;
import io.modelgate.application.admin.ChangeRoutes.NameTaken;
import io.modelgate.application.admin.ChangeRoutes.NewModel;
import io.modelgate.application.admin.ChangeRoutes.NotServed;
import io.modelgate.application.admin.ChangeRoutes.NotThere;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.net.Network;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.ModelSource;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import io.modelgate.testing.BrokenStore;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.SettableClock;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChangeRoutesTest {
  private static final String METADATA = "http://169.254.169.254";
  private static final Set<BackendKind> SERVED = EnumSet.of(BackendKind.VLLM, BackendKind.OPENAI);
  private static final ModelId UNKNOWN = new ModelId("mdl_none");

  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();
  private final SettableClock clock = new SettableClock(NOON);
  private BackendAddresses addresses = BackendAddresses.USUAL;
  private final ChangeRoutes changeRoutes = over(routes);

  @Test
  void addsAModelWithAllThatWasSaid() {
    var wanted =
        new NewModel(
            new ModelName("fast"),
            List.of(
                new Target(
                    BackendKind.OPENAI,
                    BaseUrl.of("https://host"),
                    "llama",
                    new Credential("secret"))),
            List.of(),
            Duration.ofSeconds(5),
            StreamUsage.NEVER,
            8192L,
            ModelSource.MANUAL,
            false);

    ModelRoute added = added(wanted);

    assertThat(added)
        .isEqualTo(
            new ModelRoute(
                added.id(),
                wanted.name(),
                wanted.targets(),
                List.of(),
                wanted.timeout(),
                wanted.streamUsage(),
                8192L,
                false,
                NOON,
                NOON));
    assertThat(added.id().value()).matches("mdl_[0-9a-f]{24}");
    assertThat(routes.all()).containsExactly(added);
  }

  @Test
  void addsNoModelOnABackendThatIsNotServed() {
    assertThat(changeRoutes.add(aModel("fast", BackendKind.OLLAMA), AUTHOR))
        .isEqualTo(new NotServed(BackendKind.OLLAMA, SERVED));
    assertThat(routes.all()).isEmpty();
  }

  @Test
  void addsNoModelUnderANameThatIsTaken() {
    ModelRoute first = added(aModel("fast", BackendKind.VLLM));

    assertThat(changeRoutes.add(aModel("fast", BackendKind.OPENAI), AUTHOR))
        .isEqualTo(new NameTaken(new ModelName("fast")));
    assertThat(routes.all()).containsExactly(first);
  }

  @Test
  void changesAModelAndNotesWhen() {
    ModelRoute before = added(aModel("fast", BackendKind.VLLM));
    clock.advance(Duration.ofSeconds(90));

    var outcome = changeRoutes.change(before.id(), route -> disabled(route), AUTHOR);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Changed.class,
            changed -> {
              assertThat(changed.route().enabled()).isFalse();
              assertThat(changed.route().createdAt()).isEqualTo(NOON);
              assertThat(changed.route().updatedAt()).isEqualTo(NOON.plusSeconds(90));
              assertThat(routes.all()).containsExactly(changed.route());
            });
  }

  @Test
  void changesNoModelThatIsNotThere() {
    assertThat(changeRoutes.change(UNKNOWN, route -> route, AUTHOR))
        .isEqualTo(new NotThere(UNKNOWN));
  }

  @Test
  void renamesNoModelToANameThatIsTaken() {
    added(aModel("fast", BackendKind.VLLM));
    ModelRoute other = added(aModel("slow", BackendKind.VLLM));

    assertThat(
            changeRoutes.change(
                other.id(), route -> moved(route, "fast", BackendKind.VLLM), AUTHOR))
        .isEqualTo(new NameTaken(new ModelName("fast")));
    assertThat(routes.byId(other.id())).contains(other);
  }

  @Test
  void movesNoModelToABackendThatIsNotServed() {
    ModelRoute before = added(aModel("fast", BackendKind.VLLM));

    assertThat(
            changeRoutes.change(
                before.id(), route -> moved(route, "fast", BackendKind.ECHO), AUTHOR))
        .isEqualTo(new NotServed(BackendKind.ECHO, SERVED));
    assertThat(routes.all()).containsExactly(before);
  }

  @Test
  void letsAModelBeChangedOrMovedAwayWhoseBackendIsServedNoMore() {
    routes.add(aRoute("old", BackendKind.ECHO), DEED);
    ModelId old = new ModelId("mdl_old");

    assertThat(changeRoutes.change(old, route -> disabled(route), AUTHOR))
        .isInstanceOf(Changed.class);
    assertThat(changeRoutes.change(old, route -> moved(route, "old", BackendKind.VLLM), AUTHOR))
        .isInstanceOf(Changed.class);
    assertThat(routes.byId(old))
        .hasValueSatisfying(
            route -> assertThat(route.targets().getFirst().backend()).isEqualTo(BackendKind.VLLM));
  }

  @Test
  void takesOnlyModelsThatAreThereToStandIn() {
    routes.add(aRoute("slow", BackendKind.VLLM), DEED);

    assertThat(changeRoutes.add(standingIn("none"), AUTHOR))
        .isEqualTo(new ChangeRoutes.NoFallback(new ModelName("none")));
    assertThat(changeRoutes.add(standingIn("slow"), AUTHOR)).isInstanceOf(Added.class);
    ModelRoute fast = routes.byName(new ModelName("fast")).orElseThrow();
    assertThat(changeRoutes.change(fast.id(), route -> with(route, "slow", "none"), AUTHOR))
        .isEqualTo(new ChangeRoutes.NoFallback(new ModelName("none")));
    routes.remove(new ModelId("mdl_slow"), DEED);
    assertThat(changeRoutes.change(fast.id(), route -> with(route, "slow"), AUTHOR))
        .as("one that was deleted meanwhile can stay")
        .isInstanceOf(Changed.class);
  }

  private static NewModel standingIn(String name) {
    return new NewModel(
        new ModelName("fast"),
        List.of(new Target(BackendKind.VLLM, null, null, null)),
        List.of(new ModelName(name)),
        null,
        null,
        null,
        ModelSource.MANUAL,
        true);
  }

  private static ModelRoute with(ModelRoute route, String... fallbacks) {
    return new ModelRoute(
        route.id(),
        route.name(),
        route.targets(),
        List.of(fallbacks).stream().map(ModelName::new).toList(),
        route.timeout(),
        route.streamUsage(),
        route.maxOutputTokens(),
        route.enabled(),
        route.createdAt(),
        route.updatedAt());
  }

  @Test
  void reportsNothingAsDoneThatCannotBeKept() {
    routes.add(aRoute("fast", BackendKind.VLLM), DEED);
    ChangeRoutes broken = over(BrokenStore.over(routes));

    assertThatExceptionOfType(StoreUnavailable.class)
        .isThrownBy(() -> broken.add(aModel("slow", BackendKind.VLLM), AUTHOR));
    assertThatExceptionOfType(StoreUnavailable.class)
        .isThrownBy(() -> broken.change(new ModelId("mdl_fast"), route -> route, AUTHOR));
  }

  @Test
  void sendsNoModelToAnAddressThatIsNotCalled() {
    ModelRoute before = added(aModel("fast", BackendKind.VLLM));

    assertThat(changeRoutes.add(aModelAt("http://169.254.169.254/latest"), AUTHOR))
        .isEqualTo(new AddressRefused());
    assertThat(changeRoutes.change(before.id(), route -> sent(route, METADATA), AUTHOR))
        .isEqualTo(new AddressRefused());
    assertThat(routes.all()).containsExactly(before);

    addresses = new BackendAddresses(List.of(Network.of("169.254.0.0/16")));
    assertThat(changeRoutes.change(before.id(), route -> sent(route, METADATA), AUTHOR))
        .isInstanceOf(Changed.class);
  }

  @Test
  void letsAModelBeChangedWhoseAddressIsCalledNoMore() {
    routes.add(sent(aRoute("old", BackendKind.VLLM), METADATA), DEED);

    assertThat(changeRoutes.change(new ModelId("mdl_old"), route -> disabled(route), AUTHOR))
        .isInstanceOf(Changed.class);
  }

  private ChangeRoutes over(ModelRoutes store) {
    return new ChangeRoutes(store, SERVED, () -> addresses, clock, new SecureRandom());
  }

  private ModelRoute added(NewModel wanted) {
    assertThat(changeRoutes.add(wanted, AUTHOR)).isInstanceOf(Added.class);
    return routes.byName(wanted.name()).orElseThrow();
  }

  private static NewModel aModel(String name, BackendKind backend) {
    return new NewModel(
        new ModelName(name),
        List.of(new Target(backend, null, null, null)),
        List.of(),
        null,
        null,
        null,
        ModelSource.MANUAL,
        true);
  }

  private static NewModel aModelAt(String url) {
    return NewModel.on(BackendKind.VLLM, BaseUrl.of(url), new ModelName("m"));
  }

  private static ModelRoute sent(ModelRoute route, String url) {
    return new ModelRoute(
        route.id(),
        route.name(),
        List.of(route.targets().getFirst().at(BaseUrl.of(url))),
        route.fallbacks(),
        route.timeout(),
        route.streamUsage(),
        route.maxOutputTokens(),
        route.enabled(),
        route.createdAt(),
        route.updatedAt());
  }

  private static ModelRoute moved(ModelRoute route, String name, BackendKind backend) {
    return new ModelRoute(
        route.id(),
        new ModelName(name),
        List.of(new Target(backend, null, null, null)),
        List.of(),
        route.timeout(),
        route.streamUsage(),
        route.maxOutputTokens(),
        route.enabled(),
        route.createdAt(),
        route.updatedAt());
  }
}
