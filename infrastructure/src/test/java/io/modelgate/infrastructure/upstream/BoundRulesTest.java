package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.routing.BackendKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which bounds count for which backend, and how each is kept to a cap. */
class BoundRulesTest {
  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "OPENAI|CHAT_COMPLETIONS||none",
        "OPENAI|CHAT_COMPLETIONS|max_tokens=5|5",
        "OPENAI|CHAT_COMPLETIONS|max_completion_tokens=7|7",
        "OPENAI|CHAT_COMPLETIONS|max_completion_tokens=7 max_tokens=9|9",
        "OPENAI|CHAT_COMPLETIONS|max_completion_tokens=null max_tokens=9|9",
        "OPENAI|CHAT_COMPLETIONS|n_predict=3 num_predict=3 options.num_predict=3|none",
        "OPENAI|COMPLETIONS||16",
        "OPENAI|COMPLETIONS|max_tokens=5|5",
        "OPENAI|COMPLETIONS|max_completion_tokens=7|16",
        "OPENAI|COMPLETIONS|max_tokens=null|none",
        "API3|CHAT_COMPLETIONS|max_completion_tokens=7 max_tokens=9|9",
        "API3|COMPLETIONS||none",
        "API3|COMPLETIONS|max_tokens=5|5",
        "VLLM|CHAT_COMPLETIONS||none",
        "VLLM|CHAT_COMPLETIONS|max_tokens=9 max_completion_tokens=7|7",
        "VLLM|CHAT_COMPLETIONS|max_completion_tokens=null max_tokens=9|9",
        "VLLM|CHAT_COMPLETIONS|n_predict=3|none",
        "VLLM|COMPLETIONS||16",
        "VLLM|COMPLETIONS|max_tokens=null|none",
        "VLLM|COMPLETIONS|max_tokens=50|50",
        "LLAMACPP|CHAT_COMPLETIONS||none",
        "LLAMACPP|CHAT_COMPLETIONS|n_predict=3|3",
        "LLAMACPP|CHAT_COMPLETIONS|max_tokens=5 n_predict=3|5",
        "LLAMACPP|CHAT_COMPLETIONS|max_tokens=5 n_predict=-1|none",
        "LLAMACPP|CHAT_COMPLETIONS|max_completion_tokens=6|6",
        "LLAMACPP|COMPLETIONS||none",
        "LLAMACPP|COMPLETIONS|n_predict=3|3",
        "LLAMACPP|COMPLETIONS|num_predict=3|none",
        "OLLAMA|CHAT_COMPLETIONS||none",
        "OLLAMA|CHAT_COMPLETIONS|num_predict=4|4",
        "OLLAMA|CHAT_COMPLETIONS|options.num_predict=4|4",
        "OLLAMA|CHAT_COMPLETIONS|options.num_predict=4 num_predict=6|6",
        "OLLAMA|CHAT_COMPLETIONS|options.num_predict=4 num_predict=-1|none",
        "OLLAMA|CHAT_COMPLETIONS|options.num_predict=4 num_predict=null|4",
        "OLLAMA|CHAT_COMPLETIONS|num_predict=0|none",
        "OLLAMA|COMPLETIONS|options.num_predict=-2|none",
        "OLLAMA|COMPLETIONS|n_predict=3|none",
      })
  void theBoundThatCountsIsTheOneThatTheBackendObeys(
      BackendKind kind, Endpoint endpoint, @Nullable String bounds, @Nullable Long inForce) {
    ChatCall call = Calls.bounded(endpoint, bounds);

    assertThat(BoundRules.of(kind, endpoint).demand(call)).isEqualTo(new OutputDemand(1, inForce));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "null, none",
        "0, 1",
        "1, 1",
        "-1, none",
        "-9223372036854775808, none",
        "9223372036854775807, 9223372036854775807",
      })
  void oddNumbersAreTakenForWhatTheyDo(String tokens, @Nullable Long inForce) {
    for (BackendKind kind : new BackendKind[] {BackendKind.VLLM, BackendKind.LLAMACPP}) {
      ChatCall call = Calls.bounded(Endpoint.CHAT_COMPLETIONS, "max_tokens=" + tokens);

      assertThat(BoundRules.of(kind, Endpoint.CHAT_COMPLETIONS).demand(call).bound())
          .isEqualTo(inForce);
    }
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "1, none, none, 1",
        "1, 3, none, 3",
        "1, 2, 5, 5",
        "1, 5, 2, 5",
        "1, 0, -7, 1",
        "4, none, none, 4",
        "4, 3, none, 12",
        "2, 9223372036854775807, none, 9223372036854775807",
        "4294967296, 4294967296, none, 9223372036854775807",
        "3, 6148914691236517205, none, 9223372036854775807", // overflows to -1
      })
  void choicesCountForEachPrompt(
      long prompts, @Nullable Long choices, @Nullable Long bestOf, long sequences) {
    var bounds = new OutputBounds(List.of(), choices, bestOf);
    ChatCall call = Calls.to(Endpoint.COMPLETIONS, "\"prompt\":\"x\"", bounds, prompts);

    assertThat(BoundRules.sequences(call)).isEqualTo(sequences);
  }

  @ParameterizedTest
  @EnumSource(BackendKind.class)
  void embeddingsGenerateNothing(BackendKind kind) {
    ChatCall call = Calls.bounded(Endpoint.EMBEDDINGS, "max_tokens=5");

    assertThat(BoundRules.of(kind, Endpoint.EMBEDDINGS).demand(call))
        .isEqualTo(OutputDemand.NOTHING);
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "OPENAI|CHAT_COMPLETIONS||max_completion_tokens=8",
        "OPENAI|CHAT_COMPLETIONS|max_tokens=9|max_tokens=8",
        "OPENAI|CHAT_COMPLETIONS|max_tokens=3|max_tokens=3",
        "OPENAI|CHAT_COMPLETIONS|max_tokens=0|max_tokens=0",
        "OPENAI|CHAT_COMPLETIONS|max_tokens=9 max_completion_tokens=3|max_tokens=8 max_completion_tokens=3",
        "OPENAI|CHAT_COMPLETIONS|max_tokens=null|max_tokens=8",
        "OPENAI|CHAT_COMPLETIONS|n_predict=9|max_completion_tokens=8 n_predict=9",
        "OPENAI|COMPLETIONS||max_tokens=8",
        "OPENAI|COMPLETIONS|max_completion_tokens=9|max_tokens=8 max_completion_tokens=9",
        "VLLM|CHAT_COMPLETIONS||max_tokens=8",
        "VLLM|CHAT_COMPLETIONS|max_completion_tokens=9|max_completion_tokens=8",
        "VLLM|CHAT_COMPLETIONS|max_tokens=-1|max_tokens=8",
        "VLLM|COMPLETIONS|max_tokens=null|max_tokens=8",
        "API3|CHAT_COMPLETIONS||max_tokens=8",
        "API3|COMPLETIONS||max_tokens=8",
        "LLAMACPP|CHAT_COMPLETIONS||max_tokens=8",
        "LLAMACPP|CHAT_COMPLETIONS|n_predict=-1|n_predict=8",
        "LLAMACPP|CHAT_COMPLETIONS|n_predict=-1 max_tokens=5|n_predict=8 max_tokens=5",
        "LLAMACPP|COMPLETIONS|num_predict=9|max_tokens=8 num_predict=9",
        "LLAMACPP|COMPLETIONS|max_tokens=9223372036854775807|max_tokens=8",
      })
  void boundsAreLoweredOrPutInAndNeverRaised(
      BackendKind kind, Endpoint endpoint, @Nullable String bounds, String kept) {
    RequestBody body = Calls.bounded(endpoint, bounds).body();

    byte[] edited = Edit.apply(body.bytes(), BoundRules.of(kind, endpoint).keepingTo(8, body));

    assertThat(new String(edited, StandardCharsets.UTF_8)).isEqualTo(Calls.bodyWith(kept));
  }

  @Test
  void theDefaultOfCompletionsIsBoundEnoughUnderALargerCap() {
    RequestBody body = Calls.bounded(Endpoint.COMPLETIONS, null).body();

    assertThat(BoundRules.of(BackendKind.OPENAI, Endpoint.COMPLETIONS).keepingTo(16, body))
        .isEmpty();
    assertThat(BoundRules.of(BackendKind.VLLM, Endpoint.COMPLETIONS).keepingTo(15, body))
        .hasSize(1);
    assertThat(BoundRules.of(BackendKind.API3, Endpoint.COMPLETIONS).keepingTo(16, body))
        .hasSize(1);
  }
}
