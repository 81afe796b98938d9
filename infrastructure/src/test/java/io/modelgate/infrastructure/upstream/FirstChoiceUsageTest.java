package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.TokenUsage;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class FirstChoiceUsageTest {
  private static final TokenUsage TOLD = new TokenUsage(10, 4);

  @Test
  void oneChoiceIsAsTold() {
    assertThat(FirstChoiceUsage.extrapolated(TOLD, choices(0), 1)).isEqualTo(TOLD);
    assertThat(FirstChoiceUsage.extrapolated(TOLD, List.of(), 1)).isEqualTo(TOLD);
  }

  @Test
  void theOthersCountByTheirLength() {
    assertThat(FirstChoiceUsage.extrapolated(TOLD, choices(20, 20, 10), 3))
        .isEqualTo(new TokenUsage(10, 10));
  }

  @Test
  void eachPromptCounts() {
    assertThat(FirstChoiceUsage.extrapolated(TOLD, choices(20, 20, 20, 20), 2))
        .isEqualTo(new TokenUsage(20, 16));
  }

  @Test
  void countsBeyondALongStandAtItsEnd() {
    assertThat(
            FirstChoiceUsage.extrapolated(
                new TokenUsage(Long.MAX_VALUE, Long.MAX_VALUE), choices(1, 1), 1))
        .isEqualTo(new TokenUsage(Long.MAX_VALUE, Long.MAX_VALUE));
  }

  private static List<ReplyPeek.Choice> choices(int... sizes) {
    return Arrays.stream(sizes).mapToObj(size -> new ReplyPeek.Choice(0, true, size)).toList();
  }
}
