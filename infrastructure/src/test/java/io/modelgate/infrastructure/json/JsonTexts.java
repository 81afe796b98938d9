package io.modelgate.infrastructure.json;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Valid JSON as people, libraries and attackers write it: odd white space, escapes, numbers. */
public final class JsonTexts {
  private JsonTexts() {}

  /** Any value without white space around it. */
  public static Arbitrary<String> value() {
    return valueOfDepth(3);
  }

  /** Any string, quotes included. */
  public static Arbitrary<String> string() {
    return Arbitraries.frequencyOf(
            Tuple.of(6, plainCharacter()),
            Tuple.of(1, Arbitraries.of("\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t")),
            Tuple.of(1, unicodeEscape()))
        .list()
        .ofMaxSize(8)
        .map(pieces -> '"' + String.join("", pieces) + '"');
  }

  /** What may stand between any two tokens; mostly nothing. */
  public static Arbitrary<String> whiteSpace() {
    return Arbitraries.frequencyOf(
        Tuple.of(4, Arbitraries.just("")),
        Tuple.of(1, Arbitraries.strings().withChars(" \t\r\n").ofMaxLength(3)));
  }

  /** Any number. */
  public static Arbitrary<String> number() {
    Arbitrary<String> whole =
        Arbitraries.oneOf(
            Arbitraries.just("0"),
            Combinators.combine(
                    Arbitraries.strings().withCharRange('1', '9').ofLength(1),
                    Arbitraries.strings().numeric().ofMaxLength(20))
                .as(String::concat));
    Arbitrary<String> fraction =
        Arbitraries.strings().numeric().ofMinLength(1).ofMaxLength(20).map("."::concat);
    Arbitrary<String> exponent =
        Combinators.combine(
                Arbitraries.of("e", "E", "e+", "E-", "e-"),
                Arbitraries.strings().numeric().ofMinLength(1).ofMaxLength(3))
            .as(String::concat);
    return Combinators.combine(
            Arbitraries.of("", "-"), whole, orNothing(fraction), orNothing(exponent))
        .as((sign, digits, tail, power) -> sign + digits + tail + power);
  }

  private static Arbitrary<String> valueOfDepth(int depth) {
    Arbitrary<String> scalar =
        Arbitraries.oneOf(string(), number(), Arbitraries.of("true", "false", "null"));
    if (depth == 0) {
      return scalar;
    }
    Arbitrary<String> inner = inWhiteSpace(valueOfDepth(depth - 1));
    Arbitrary<String> array = items(inner).map(items -> "[" + items + "]");
    Arbitrary<String> object =
        items(Combinators.combine(inWhiteSpace(string()), inner).as((name, v) -> name + ":" + v))
            .map(items -> "{" + items + "}");
    return Arbitraries.oneOf(scalar, array, object);
  }

  private static Arbitrary<String> items(Arbitrary<String> item) {
    return Combinators.combine(item.list().ofMaxSize(4), whiteSpace())
        .as(
            (List<String> items, String empty) ->
                items.isEmpty() ? empty : String.join(",", items));
  }

  private static Arbitrary<String> inWhiteSpace(Arbitrary<String> text) {
    return Combinators.combine(whiteSpace(), text, whiteSpace())
        .as((before, inside, after) -> before + inside + after);
  }

  private static Arbitrary<String> plainCharacter() {
    Arbitrary<Integer> ascii = Arbitraries.integers().between(' ', 0x7f);
    Arbitrary<Integer> any = Arbitraries.integers().between(0x80, Character.MAX_CODE_POINT);
    return Arbitraries.oneOf(ascii, any)
        .filter(c -> c != '"' && c != '\\' && (c < 0xd800 || c > 0xdfff))
        .map(Character::toString);
  }

  private static Arbitrary<String> unicodeEscape() {
    Arbitrary<Integer> unit =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 0xffff),
            Arbitraries.integers().between(0xd800, 0xdfff));
    return Combinators.combine(unit, Arbitraries.of("\\u%04x", "\\u%04X"))
        .as((value, format) -> format.formatted(value));
  }

  private static Arbitrary<String> orNothing(Arbitrary<String> text) {
    return Arbitraries.oneOf(Arbitraries.just(""), text);
  }
}
