package io.modelgate.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatValuesTest {
  @ParameterizedTest
  @CsvSource({" ,   ,   ", "5,   ,  5", " ,  5,  5", "5,  7,  5", "7,  5,  5", "0,  5,  0"})
  void takesTheSmallerOfTheBoundsNamed(Long maxTokens, Long maxCompletionTokens, Long smaller) {
    var bounds =
        new OutputBounds(
            List.of(
                new Bound(Name.MAX_TOKENS, maxTokens, new Span(0, 0)),
                new Bound(Name.MAX_COMPLETION_TOKENS, maxCompletionTokens, new Span(0, 0))),
            null,
            null);

    assertThat(bounds.tokens()).isEqualTo(smaller);
    assertThat(bounds.maxTokens()).isEqualTo(maxTokens);
    assertThat(bounds.of(Name.N_PREDICT)).isNull();
  }

  @ParameterizedTest
  @CsvSource({" ,  ,1,1", "3, ,3,3", " ,4,1,4", "3,4,3,4", "4,3,4,4", "0,0,1,1", "-5, ,1,1"})
  void takesAtLeastOneChoice(Long n, Long bestOf, long choices, long generated) {
    var bounds = new OutputBounds(List.of(), n, bestOf);

    assertThat(bounds.choicesPerPrompt()).isEqualTo(choices);
    assertThat(bounds.generatedPerPrompt()).isEqualTo(generated);
  }

  @Test
  void countsNoMoreDetailsThanTokens() {
    assertThat(new TokenUsage(10, 20, 30, 40)).isEqualTo(new TokenUsage(10, 20, 10, 20));
    assertThat(new TokenUsage(10, 20, 3, 4).total()).isEqualTo(30);
  }

  @Test
  void namesSourcesAsTheyAreKept() {
    assertThat(UsageSource.RUNNING_COUNT.wireName()).isEqualTo("running_count");
  }

  @Test
  void addsUpTokensWithoutTurningNegative() {
    assertThat(new TokenUsage(12, 30).total()).isEqualTo(42);
    assertThat(TokenUsage.NONE.total()).isZero();
    assertThat(new TokenUsage(Long.MAX_VALUE, 1).total()).isEqualTo(TokenUsage.MOST + 1);
    assertThat(new TokenUsage(Long.MAX_VALUE, Long.MAX_VALUE).total())
        .isEqualTo(2 * TokenUsage.MOST);
  }

  @Test
  void countsNoNegativeTokens() {
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenUsage(-1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenUsage(0, -1));
  }

  @Test
  void hasNoDemandBelowNothing() {
    assertThat(new OutputDemand(0, 0L)).isEqualTo(OutputDemand.NOTHING);
    assertThatIllegalArgumentException().isThrownBy(() -> new OutputDemand(-1, null));
    assertThatIllegalArgumentException().isThrownBy(() -> new OutputDemand(1, -1L));
  }

  @Test
  void keepsACallsHeadersToItself() {
    var headers = new HashMap<String, String>();
    headers.put("accept", "application/json");
    var body =
        new RequestBody(
            new byte[0],
            "m",
            new Span(0, 0),
            false,
            false,
            null,
            OutputBounds.NONE,
            0,
            RequestBody.Prompt.EMPTY);
    var call = new ChatCall("req_1", Endpoint.COMPLETIONS, body, headers);

    headers.clear();

    assertThat(call.headers()).containsEntry("accept", "application/json");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> call.headers().clear());
  }

  @Test
  void knowsThePathsOfItsEndpoints() {
    assertThat(Endpoint.CHAT_COMPLETIONS.path()).isEqualTo("/v1/chat/completions");
    assertThat(Endpoint.COMPLETIONS.path()).isEqualTo("/v1/completions");
  }
}
