package io.modelgate.application.chat;

import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.aRoute;
import static io.modelgate.testing.Samples.disabled;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.ScriptedUpstream;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class ListModelsTest {
  private static final ModelRoute FAST = aRoute("fast", BackendKind.VLLM);
  private static final ModelRoute NESTED = aRoute("org/model:8b", BackendKind.VLLM);

  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();
  private final ListModels listModels =
      new ListModels(routes, ScriptedUpstream.serving(EnumSet.of(BackendKind.VLLM)));

  ListModelsTest() {
    routes.add(FAST, DEED);
    routes.add(disabled(aRoute("resting", BackendKind.VLLM)), DEED);
    routes.add(aRoute("elsewhere", BackendKind.OLLAMA), DEED);
    routes.add(NESTED, DEED);
  }

  @Test
  void listsWhatCanBeUsedOldestFirst() {
    assertThat(listModels.handle()).containsExactly(FAST, NESTED);
  }

  @Test
  void findsAModelByItsExactName() {
    assertThat(listModels.handle("fast")).contains(FAST);
    assertThat(listModels.handle("org/model:8b")).contains(NESTED);
    assertThat(listModels.handle("Fast")).isEmpty();
  }

  @Test
  void findsNothingThatCannotBeUsed() {
    assertThat(listModels.handle("resting")).isEmpty();
    assertThat(listModels.handle("elsewhere")).isEmpty();
  }

  @Test
  void takesAnyTextForAName() {
    for (String asked : new String[] {"", " ", "no such \u0000 name", "x".repeat(100_000)}) {
      assertThat(listModels.handle(asked)).isEmpty();
    }
  }
}
