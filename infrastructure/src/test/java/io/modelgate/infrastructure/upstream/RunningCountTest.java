package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.infrastructure.upstream.RunningCount.Piece;
import io.modelgate.testing.GivenBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunningCountTest {
  private static final Tokenizer.Counter COUNTER = new Tokenizer().forModel("gpt-4");

  private final RunningCount count = new RunningCount(COUNTER);

  private static List<Piece> piece(String text) {
    return List.of(new Piece(0, text));
  }

  @Test
  void countsTextAndNotEvents() {
    for (String part : List.of("in", "comp", "re", "hens", "ibil", "ity")) {
      assertThat(count.add(piece(part), GivenBudget.endless())).isTrue();
    }
    assertThat(count.add(List.of(), GivenBudget.endless())).isTrue();
    assertThat(count.add(piece(""), GivenBudget.endless())).isTrue();

    assertThat(count.tokens()).isEqualTo(COUNTER.count("incomprehensibility")).isLessThan(6);
  }

  @Test
  void countsEachChoiceByItself() {
    count.add(List.of(new Piece(0, "hel"), new Piece(1, "wor")), GivenBudget.endless());
    count.add(List.of(new Piece(1, "ld"), new Piece(0, "lo")), GivenBudget.endless());

    assertThat(count.tokens()).isEqualTo(2);
  }

  @Test
  void refusesWhatGoesOverAndCountsItNot() {
    OutputBudget budget = GivenBudget.of(3);

    assertThat(count.add(piece("one two"), budget)).isTrue();
    assertThat(count.add(piece(" three four"), budget)).isFalse();
    assertThat(count.tokens()).isEqualTo(2);
    assertThat(count.add(piece(" three"), budget)).isTrue();
    assertThat(count.tokens()).isEqualTo(3);
    assertThat(count.add(piece(" four"), budget)).isFalse();
    assertThat(count.add(List.of(), budget)).as("nothing fits in always").isTrue();
    assertThat(count.tokens()).isEqualTo(3);
  }

  @Test
  void takesBackAllPiecesOfARefusedEvent() {
    OutputBudget budget = GivenBudget.of(3);
    count.add(List.of(new Piece(0, "one"), new Piece(1, "two")), budget);

    var over =
        List.of(
            new Piece(0, " more"), new Piece(2, " new"), new Piece(0, " words"), new Piece(1, ""));

    assertThat(count.add(over, budget)).isFalse();
    assertThat(count.tokens()).isEqualTo(2);
    assertThat(count.add(List.of(new Piece(1, " and")), budget)).isTrue();
    assertThat(count.tokens()).isEqualTo(3);
  }

  @Test
  void asksOnlyWhenThereAreMoreBytesThanTokensLeft() {
    var budget = new GrowingBudget(100, 0);

    for (int i = 0; i < 25; i++) {
      count.add(piece(" abc"), budget);
    }
    assertThat(budget.asked).isEmpty();
    count.add(piece("d"), budget);
    assertThat(budget.asked).containsExactly(26L);
  }

  @Test
  void growsWithItsBudget() {
    var budget = new GrowingBudget(10, 10);

    for (int i = 0; i < 1000; i++) {
      assertThat(count.add(piece(" the"), budget)).isTrue();
    }

    assertThat(count.tokens()).isEqualTo(1000);
    assertThat(budget.granted()).isBetween(1000L, 1010L);
  }

  @ParameterizedTest
  @ValueSource(strings = {" the", "a", "中", "😀", "1", "don't ", "é", "\n word"})
  void comesCloseToTheBudgetAndNeverOverItWhateverTheTextIs(String unit) {
    OutputBudget budget = GivenBudget.of(300);
    int pieces = 0;
    while (count.add(piece(unit), budget)) {
      pieces++;
    }

    assertThat(count.tokens()).isBetween(297L, 300L);
    assertThat(COUNTER.count(unit.repeat(pieces))).isBetween(295L, 302L);
  }

  /** One that gives so many more whenever it is asked for more than it has. */
  private static final class GrowingBudget implements OutputBudget {
    private final List<Long> asked = new ArrayList<>();
    private final long step;
    private long granted;

    GrowingBudget(long granted, long step) {
      this.granted = granted;
      this.step = step;
    }

    @Override
    public Duration spent() {
      return Duration.ZERO;
    }

    @Override
    public @Nullable Long cap() {
      return null;
    }

    @Override
    public long promptEstimate() {
      return 0;
    }

    @Override
    public long granted() {
      return granted;
    }

    @Override
    public boolean allows(long tokens) {
      asked.add(tokens);
      if (tokens > granted) {
        granted += step;
      }
      return tokens <= granted;
    }
  }
}
