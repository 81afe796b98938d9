package io.modelgate.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatValuesTest {
  @ParameterizedTest
  @CsvSource({" ,   ,   ", "5,   ,  5", " ,  5,  5", "5,  7,  5", "7,  5,  5", "0,  5,  0"})
  void takesTheSmallerOfTheBoundsNamed(Long maxTokens, Long maxCompletionTokens, Long smaller) {
    assertThat(new OutputBounds(maxTokens, maxCompletionTokens, null).tokens()).isEqualTo(smaller);
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
  void keepsACallsHeadersToItself() {
    var headers = new HashMap<String, String>();
    headers.put("accept", "application/json");
    var body =
        new RequestBody(new byte[0], "m", new Span(0, 0), false, false, null, OutputBounds.NONE);
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
