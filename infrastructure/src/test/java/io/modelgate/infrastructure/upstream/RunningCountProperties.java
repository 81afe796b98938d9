package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.infrastructure.upstream.RunningCount.Piece;
import io.modelgate.testing.GivenBudget;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;
import org.jspecify.annotations.Nullable;

class RunningCountProperties {
  private static final Tokenizer TOKENIZER = new Tokenizer();
  private static final List<Tokenizer.Counter> COUNTERS =
      List.of(TOKENIZER.forModel("gpt-4"), TOKENIZER.forModel("gpt-4o"));

  /**
   * Characters of a text without breaks after which it is cut all the same, near a budget's end.
   */
  private static final int FORCED = 512;

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void aTextHasAsManyTokensAsItsPartsWhereItIsBroken(@ForAll("texts") String text) {
    int at = TokenBreaks.lastIn(text, 0, text.length());

    Statistics.collect(at > 0);
    Statistics.coverage(coverage -> coverage.check(true).percentage(percentage -> percentage > 50));
    for (Tokenizer.Counter counter : COUNTERS) {
      while (at > 0) {
        assertThat(counter.count(text.substring(0, at)) + counter.count(text.substring(at)))
            .as("%s broken at %d of '%s'", counter, at, text)
            .isEqualTo(counter.count(text));
        at = TokenBreaks.lastIn(text, 0, at);
      }
      at = TokenBreaks.lastIn(text, 0, text.length());
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void theCountOfPiecesIsTheCountOfTheWholeHoweverItIsCut(
      @ForAll("texts") String text, @ForAll long seed) {
    for (Tokenizer.Counter counter : COUNTERS) {
      long whole = counter.count(text);
      // near the end of its budget all the time, or never
      for (OutputBudget budget : List.of(new Endless(1), GivenBudget.endless())) {
        var count = new RunningCount(counter);
        feed(count, text, new Random(seed), budget);

        assertThat(count.tokens()).isCloseTo(whole, within(3L * (text.length() / FORCED)));
      }
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void whatIsDeliveredIsWithinTheBudget(
      @ForAll("texts") String text, @ForAll long seed, @ForAll("budgets") long tokens) {
    for (Tokenizer.Counter counter : COUNTERS) {
      var count = new RunningCount(counter);
      int delivered = feed(count, text, new Random(seed), GivenBudget.of(tokens));

      assertThat(count.tokens()).isLessThanOrEqualTo(tokens);
      assertThat(counter.count(text.substring(0, delivered)))
          .isLessThanOrEqualTo(tokens + 3L * (delivered / FORCED));
    }
  }

  /** In pieces of 1 to 20 characters; returns how many characters were taken. */
  private static int feed(RunningCount count, String text, Random random, OutputBudget budget) {
    int from = 0;
    while (from < text.length()) {
      int to = Math.min(text.length(), from + 1 + random.nextInt(20));
      if (to < text.length() && Character.isLowSurrogate(text.charAt(to))) {
        to++; // no backend sends half a character
      }
      if (!count.add(List.of(new Piece(0, text.substring(from, to))), budget)) {
        return from;
      }
      from = to;
    }
    return from;
  }

  @Provide
  Arbitrary<Long> budgets() {
    return Arbitraries.longs().between(0, 3000);
  }

  /** Words, code, scripts without spaces, emoji, numbers, runs of one character. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> latin = Arbitraries.strings().withCharRange('a', 'z').ofMaxLength(9);
    Arbitrary<String> word =
        Combinators.combine(
                Arbitraries.of(" ", " ", " ", "", "\n", "\t", "  ", "\n    ", "\u00a0", " \n "),
                Arbitraries.oneOf(
                    latin,
                    latin.map(text -> text.toUpperCase(Locale.ROOT)),
                    Arbitraries.of(
                        "don't", "we'll", "L'été", "x'S", "'re", "e\u0301e\u0301", "ä", "ﬁ", "ǅ"),
                    Arbitraries.of(
                        ".", ",", "...", "!\n", "={}", "//", "\"", "'", "’s", "—", "/\n"),
                    Arbitraries.of("中文", "日本語です", "한국어", "ไทย", "हिन्दी", "עברית", "，", "。", "𠀀"),
                    Arbitraries.of("😀", "👩‍👩‍👧", "🇩🇪", "❤️"),
                    Arbitraries.integers().between(0, 99_999_999).map(String::valueOf)))
            .as(String::concat);
    Arbitrary<String> run =
        Combinators.combine(
                Arbitraries.of("a", "中", "😀", "1", "=", " ", "\n", "é", "ab", "Ab", "，的"),
                Arbitraries.integers().between(1, 600))
            .as(String::repeat);
    return Arbitraries.frequencyOf(Tuple.of(60, word), Tuple.of(1, run))
        .list()
        .ofMaxSize(60)
        .map(words -> String.join("", words));
  }

  /** Never has more than was asked for, and always allows that. */
  private record Endless(long granted) implements OutputBudget {
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
    public boolean allows(long tokens) {
      return true;
    }
  }
}
