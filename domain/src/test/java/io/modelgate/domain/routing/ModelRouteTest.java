package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelRouteTest {
  @Test
  void asksForTheSameNameUnlessToldOtherwise() {
    assertThat(to(null).upstreamName()).isEqualTo("fast");
    assertThat(to(null).isAlias()).isFalse();
    assertThat(to("fast").isAlias()).isFalse();
    assertThat(to("llama 3").upstreamName()).isEqualTo("llama 3");
    assertThat(to("llama 3").isAlias()).isTrue();
  }

  @Test
  void aStandInHasAnotherNameThanWasAskedFor() {
    ModelRoute route = aRoute(null, null);
    var standIn = new Destination(new ModelName("slow"), route, route.targets().getFirst(), "1", 0);

    assertThat(standIn.upstreamName()).isEqualTo("fast");
    assertThat(standIn.isAlias()).isTrue();
  }

  @Test
  void refusesAnUpstreamNameThatIsNone() {
    assertThat(to("x".repeat(200)).upstreamName()).hasSize(200);
    assertThatIllegalArgumentException().isThrownBy(() -> to(""));
    assertThatIllegalArgumentException().isThrownBy(() -> to(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> to("x".repeat(201)));
  }

  @Test
  void refusesTargetsThatAreNone() {
    assertThatIllegalArgumentException().isThrownBy(() -> weighing(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> weighing(1001, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> weighing(1, -1));
    assertThatIllegalArgumentException().isThrownBy(() -> with(List.of(), List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(Collections.nCopies(33, weighing(1, 0)), List.of()));
  }

  @Test
  void refusesFallbacksThatLeadNowhereElse() {
    List<Target> targets = List.of(weighing(1, 0));
    var slow = new ModelName("slow");

    assertThat(with(targets, List.of(slow)).fallbacks()).containsExactly(slow);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(targets, List.of(new ModelName("fast"))));
    assertThatIllegalArgumentException().isThrownBy(() -> with(targets, List.of(slow, slow)));
  }

  @Test
  void refusesATimeoutOfNothing() {
    assertThat(aRoute(null, Duration.ofMillis(1)).timeout()).hasMillis(1);
    assertThatIllegalArgumentException().isThrownBy(() -> aRoute(null, Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> aRoute(null, Duration.ofSeconds(-1)));
  }

  @Test
  void keepsItsIdShort() {
    assertThat(new ModelId("x".repeat(64))).hasToString("x".repeat(64));
    assertThatIllegalArgumentException().isThrownBy(() -> new ModelId(""));
    assertThatIllegalArgumentException().isThrownBy(() -> new ModelId("x".repeat(65)));
  }

  @Test
  void doesNotPrintItsCredential() {
    var credential = new Credential("sk-upstream-secret");

    assertThat(credential.toString()).doesNotContain("secret");
  }

  private static Destination to(@Nullable String upstreamModel) {
    return Destination.first(aRoute(upstreamModel, null));
  }

  private static Target weighing(int weight, int priority) {
    return new Target(BackendKind.VLLM, null, null, null, weight, priority);
  }

  private static ModelRoute with(List<Target> targets, List<ModelName> fallbacks) {
    return new ModelRoute(
        new ModelId("mdl_1"),
        new ModelName("fast"),
        targets,
        fallbacks,
        null,
        null,
        null,
        true,
        Instant.EPOCH,
        Instant.EPOCH);
  }

  private static ModelRoute aRoute(@Nullable String upstreamModel, @Nullable Duration timeout) {
    return new ModelRoute(
        new ModelId("mdl_1"),
        new ModelName("fast"),
        List.of(new Target(BackendKind.VLLM, null, upstreamModel, null)),
        List.of(),
        timeout,
        null,
        null,
        true,
        Instant.EPOCH,
        Instant.EPOCH);
  }
}
