package io.modelgate.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.ModelRoutes;
import io.modelgate.application.port.ModelRoutes.NameTaken;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every {@link ModelRoutes} has to do. */
public abstract class ModelRoutesContract {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123Z");

  /** The port under test: the same at each call, empty at first. */
  protected abstract ModelRoutes routes();

  /** A route that leaves everything to the adapter. */
  public static ModelRoute route(String id, String name) {
    return new ModelRoute(
        new ModelId(id),
        new ModelName(name),
        List.of(new Target(BackendKind.VLLM, null, null, null)),
        List.of(),
        null,
        null,
        null,
        true,
        NOON,
        NOON);
  }

  /** A route that overrides everything. */
  public static ModelRoute fullRoute(String id, String name) {
    return new ModelRoute(
        new ModelId(id),
        new ModelName(name),
        List.of(
            new Target(
                BackendKind.OPENAI,
                BaseUrl.of("https://gpu.example:8443/team/v1"),
                "org/upstream:7b é",
                new Credential("sk-upstream-secret-of-" + id))),
        List.of(),
        Duration.ofMillis(1_500),
        StreamUsage.NEVER,
        32_768L,
        false,
        NOON,
        NOON.plusMillis(1));
  }

  @Test
  void isEmptyAtFirst() {
    assertThat(routes().all()).isEmpty();
    assertThat(routes().byId(new ModelId("none"))).isEmpty();
    assertThat(routes().byName(new ModelName("none"))).isEmpty();
  }

  @Test
  void findsAnAddedRouteByIdAndByName() {
    ModelRoute bare = route("1", "org/model:7b");
    ModelRoute full = fullRoute("2", "full");

    routes().add(bare, Samples.DEED);
    routes().add(full, Samples.DEED);

    assertThat(routes().byName(bare.name())).contains(bare);
    assertThat(routes().byId(bare.id())).contains(bare);
    assertThat(routes().byName(full.name())).contains(full);
    assertThat(routes().byId(full.id())).contains(full);
  }

  @Test
  void namesAreCaseSensitive() {
    routes().add(route("1", "model"), Samples.DEED);
    routes().add(route("2", "Model"), Samples.DEED);

    assertThat(routes().byName(new ModelName("Model"))).contains(route("2", "Model"));
    assertThat(routes().byName(new ModelName("MODEL"))).isEmpty();
  }

  @Test
  void listsRoutesInTheOrderOfTheirAdding() {
    routes().add(route("3", "c"), Samples.DEED);
    routes().add(route("1", "b"), Samples.DEED);
    routes().add(route("2", "a"), Samples.DEED);

    assertThat(routes().all()).containsExactly(route("3", "c"), route("1", "b"), route("2", "a"));
  }

  @Test
  void refusesASecondRouteOfTheSameName() {
    routes().add(route("1", "a"), Samples.DEED);

    assertThatThrownBy(() -> routes().add(route("2", "a"), Samples.DEED))
        .isInstanceOf(NameTaken.class);

    assertThat(routes().all()).containsExactly(route("1", "a"));
    assertThat(routes().byId(new ModelId("2"))).isEmpty();
  }

  @Test
  void refusesToRenameToATakenName() {
    routes().add(route("1", "a"), Samples.DEED);
    routes().add(route("2", "b"), Samples.DEED);

    assertThatThrownBy(() -> routes().change(new ModelId("2"), _ -> route("2", "a"), Samples.DEED))
        .isInstanceOf(NameTaken.class);

    assertThat(routes().byName(new ModelName("a"))).contains(route("1", "a"));
    assertThat(routes().byName(new ModelName("b"))).contains(route("2", "b"));
  }

  @Test
  void aRenamedRouteFreesItsOldName() {
    routes().add(route("1", "a"), Samples.DEED);

    assertThat(routes().change(new ModelId("1"), _ -> route("1", "b"), Samples.DEED))
        .contains(route("1", "b"));
    assertThat(routes().byName(new ModelName("a"))).isEmpty();
    assertThat(routes().byName(new ModelName("b"))).contains(route("1", "b"));
    routes().add(route("2", "a"), Samples.DEED);

    assertThat(routes().all()).containsExactly(route("1", "b"), route("2", "a"));
  }

  @Test
  void aChangeMayKeepTheNameAndCanSetAndClearTheRest() {
    routes().add(route("1", "a"), Samples.DEED);

    routes().change(new ModelId("1"), _ -> fullRoute("1", "a"), Samples.DEED);
    assertThat(routes().byName(new ModelName("a"))).contains(fullRoute("1", "a"));

    routes().change(new ModelId("1"), _ -> route("1", "a"), Samples.DEED);
    assertThat(routes().byName(new ModelName("a"))).contains(route("1", "a"));
  }

  @Test
  void changingAnUnknownRouteDoesNothing() {
    assertThat(routes().change(new ModelId("none"), route -> route, Samples.DEED)).isEmpty();
    assertThat(routes().all()).isEmpty();
  }

  @Test
  void anExceptionOutOfAChangeReachesTheCallerAndChangesNothing() {
    routes().add(route("1", "a"), Samples.DEED);
    var refusal = new IllegalArgumentException("no");

    assertThatThrownBy(
            () ->
                routes()
                    .change(
                        new ModelId("1"),
                        _ -> {
                          throw refusal;
                        },
                        Samples.DEED))
        .isSameAs(refusal);

    assertThat(routes().all()).containsExactly(route("1", "a"));
  }

  @Test
  void aRemovedRouteIsGoneAtOnceAndItsNameFree() {
    routes().add(route("1", "a"), Samples.DEED);

    assertThat(routes().remove(new ModelId("1"), Samples.DEED)).isTrue();

    assertThat(routes().byName(new ModelName("a"))).isEmpty();
    assertThat(routes().byId(new ModelId("1"))).isEmpty();
    assertThat(routes().remove(new ModelId("1"), Samples.DEED)).isFalse();
    routes().add(route("2", "a"), Samples.DEED);
    assertThat(routes().all()).containsExactly(route("2", "a"));
  }
}
