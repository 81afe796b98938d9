package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelRouteTest {
  @Test
  void asksForTheSameNameUnlessToldOtherwise() {
    assertThat(aRoute(null, null).upstreamName()).isEqualTo("fast");
    assertThat(aRoute(null, null).isAlias()).isFalse();
    assertThat(aRoute("fast", null).isAlias()).isFalse();
    assertThat(aRoute("llama 3", null).upstreamName()).isEqualTo("llama 3");
    assertThat(aRoute("llama 3", null).isAlias()).isTrue();
  }

  @Test
  void refusesAnUpstreamNameThatIsNone() {
    assertThat(aRoute("x".repeat(200), null).upstreamName()).hasSize(200);
    assertThatIllegalArgumentException().isThrownBy(() -> aRoute("", null));
    assertThatIllegalArgumentException().isThrownBy(() -> aRoute(" ", null));
    assertThatIllegalArgumentException().isThrownBy(() -> aRoute("x".repeat(201), null));
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
