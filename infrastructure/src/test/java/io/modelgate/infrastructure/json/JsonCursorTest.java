package io.modelgate.infrastructure.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.chat.Span;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCursorTest {
  @Test
  void walksThroughAnObjectAndReadsWhatIsAskedFor() {
    var cursor =
        over(" { \"model\" : \"m\\u00e9\" , \"n\":2, \"list\":[1,[2],{\"a\":3}], \"last\":null } ");

    cursor.enterObject();
    assertThat(cursor.nextName()).isEqualTo("model");
    assertThat(cursor.type()).isEqualTo(JsonCursor.Type.STRING);
    assertThat(cursor.string()).isEqualTo("mé");
    assertThat(cursor.nextName()).isEqualTo("n");
    assertThat(cursor.integer()).isEqualTo(2);
    assertThat(cursor.nextName()).isEqualTo("list");
    cursor.enterArray();
    assertThat(cursor.nextElement()).isTrue();
    assertThat(cursor.nextElement()).as("over the first").isTrue();
    assertThat(cursor.type()).isEqualTo(JsonCursor.Type.ARRAY);
    assertThat(cursor.nextElement()).as("over the second").isTrue();
    assertThat(cursor.nextElement()).isFalse();
    assertThat(cursor.nextName()).isEqualTo("last");
    assertThat(cursor.nextName()).as("over null").isNull();
    assertThat(cursor.nextName()).as("past the end").isNull();
    cursor.finish();
  }

  @Test
  void tellsTheTypeOfEachValue() {
    var cursor = over("[{},[],\"\",-1,true,false,null]");
    cursor.enterArray();

    for (JsonCursor.Type type : JsonCursor.Type.values()) {
      assertThat(cursor.nextElement()).isTrue();
      assertThat(cursor.type()).isEqualTo(type);
    }

    assertThat(cursor.nextElement()).isFalse();
    assertThat(cursor.nextElement()).as("past the end").isFalse();
  }

  @Test
  void saysWhereASkippedValueStandsCountedFromTheArraysStart() {
    byte[] bytes = "data: {\"a\": [1, \"]\"] }\n".getBytes(StandardCharsets.UTF_8);
    var cursor = new JsonCursor(bytes, 6, bytes.length);
    cursor.enterObject();
    cursor.nextName();

    assertThat(cursor.skip()).isEqualTo(new Span(12, 20));
    assertThat(cursor.position()).isEqualTo(20);
  }

  @Test
  void readsNothingOutsideItsPart() {
    byte[] bytes = "12345".getBytes(StandardCharsets.UTF_8);

    assertThat(new JsonCursor(bytes, 1, 3).integer()).isEqualTo(23);
    assertThatThrownBy(() -> new JsonCursor(bytes, 1, 6))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void finishPassesOverWhatIsLeftAndChecksIt() {
    var good = over("{\"a\":{\"b\":[1,2");
    good.enterObject();
    good.nextName();
    good.enterObject();

    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(good::finish)
        .withMessage("the text ends too early at byte 14")
        .satisfies(malformed -> assertThat(malformed.offset()).isEqualTo(14));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0.0e-0",
        "1E+9",
        "\"\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\uD83D\\ude00\"",
        "\"\\ud800\"",
        "\"\u007f\uffff\ud83d\ude00\ufeff\"",
        "[]",
        "{}",
        "\t\r\n [ { \"\" : [ ] } , { } ]\n"
      })
  void acceptsWhatIsJson(String text) {
    over(text).finish();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "``|the text ends too early at byte 0",
        "`  `|the text ends too early at byte 2",
        "NaN|unexpected character 'N' at byte 0",
        "-Infinity|unexpected character 'I' at byte 1",
        "+1|unexpected character '+' at byte 0",
        ".5|unexpected character '.' at byte 0",
        "1.|the text ends too early at byte 2",
        "1.e5|unexpected character 'e' at byte 2",
        "1e|the text ends too early at byte 2",
        "1e+|the text ends too early at byte 3",
        "-|the text ends too early at byte 1",
        "01|a number with a leading zero at byte 0",
        "-012|a number with a leading zero at byte 1",
        "0x1|unexpected character 'x' at byte 1",
        "1 2|unexpected character '2' at byte 2",
        "tru|the text ends too early at byte 3",
        "True|unexpected character 'T' at byte 0",
        "nulll|unexpected character 'l' at byte 4",
        "[1,]|unexpected character ']' at byte 3",
        "[,1]|unexpected character ',' at byte 1",
        "[1 2]|unexpected character '2' at byte 3",
        "[1}|unexpected character '}' at byte 2",
        "[|the text ends too early at byte 1",
        "]|unexpected character ']' at byte 0",
        "{`a`:1}|unexpected character '`' at byte 1",
        "{\"a\":1,}|unexpected character '}' at byte 7",
        "{\"a\" 1}|unexpected character '1' at byte 5",
        "{\"a\",1}|unexpected character ',' at byte 4",
        "{\"a\":}|unexpected character '}' at byte 5",
        "{a:1}|unexpected character 'a' at byte 1",
        "{1:1}|unexpected character '1' at byte 1",
        "{,}|unexpected character ',' at byte 1",
        "{\"a\":1]|unexpected character ']' at byte 6",
        "'a'|unexpected character ''' at byte 0",
        "/**/1|unexpected character '/' at byte 0",
        "1//|unexpected character '/' at byte 1",
        "\"a|the text ends inside a string at byte 2",
        "\"\\|an escape that JSON does not know at byte 1",
        "\"\\x41\"|an escape that JSON does not know at byte 1",
        "\"\\'\"|an escape that JSON does not know at byte 1",
        "\"\\u12g4\"|an escape without four hexadecimal digits at byte 1",
        "\"\\u12\"|an escape without four hexadecimal digits at byte 1",
        "\"\\u١٢٣٤\"|an escape without four hexadecimal digits at byte 1",
        "\"a\u0001\"|an unescaped control character in a string at byte 2",
        "\"a\tb\"|an unescaped control character in a string at byte 2",
        "\u00001|unexpected byte 0x00 at byte 0",
        "\f1|unexpected byte 0x0c at byte 0",
        "\ufeff{}|unexpected byte 0xef at byte 0",
        "\u00a01|unexpected byte 0xc2 at byte 0",
        "{}x|unexpected character 'x' at byte 2"
      })
  void rejectsWhatIsNotAndSaysWhatAndWhere(@Nullable String text, String message) {
    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(() -> over(text == null ? "" : text).finish())
        .withMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "80, a continuation byte alone",
    "c0af, overlong in two bytes",
    "c1bf, overlong in two bytes",
    "e08080, overlong in three bytes",
    "e09fbf, overlong in three bytes",
    "f0808080, overlong in four bytes",
    "f08fbfbf, overlong in four bytes",
    "eda080, the first surrogate",
    "edbfbf, the last surrogate",
    "f4908080, past U+10FFFF",
    "f5808080, past U+10FFFF",
    "ff, no byte of UTF-8",
    "c3, cut in two",
    "e282, cut in three",
    "f09f98, cut in four",
    "e228a1, a bad second byte",
    "e28228, a bad third byte",
    "f09f9828, a bad fourth byte"
  })
  void rejectsIllFormedUtf8(String hex, String why) {
    byte[] inside = HexFormat.of().parseHex("22" + hex + "22");
    byte[] atTheEnd = HexFormat.of().parseHex("22" + hex);

    for (byte[] text : new byte[][] {inside, atTheEnd}) {
      assertThatExceptionOfType(MalformedJson.class)
          .as(why)
          .isThrownBy(() -> new JsonCursor(text).finish())
          .withMessage("ill-formed UTF-8 at byte 1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "f0908080", "f48fbfbf"})
  void acceptsTheEdgesOfUtf8(String hex) {
    byte[] text = HexFormat.of().parseHex("22" + hex + "22");

    assertThat(new JsonCursor(text).string())
        .isEqualTo(new String(text, 1, text.length - 2, StandardCharsets.UTF_8))
        .doesNotContain("\ufffd");
  }

  @Test
  void nestsAsDeepAsAllowedAndNoDeeper() {
    String atTheLimit = "[".repeat(512) + "]".repeat(512);
    String mixed = "[{\"a\":".repeat(256) + "1" + "}]".repeat(256);

    over(atTheLimit).finish();
    over(mixed).finish();
    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(() -> over("[" + atTheLimit + "]").finish())
        .withMessage("nesting over 512 at byte 512");
  }

  @Test
  void countsSteppingInAndSkippingAsOneNesting() {
    var cursor = over("[".repeat(513));
    for (int depth = 0; depth < 500; depth++) {
      cursor.enterArray();
      assertThat(cursor.nextElement()).isTrue();
    }

    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(cursor::skip)
        .withMessage("nesting over 512 at byte 512");
  }

  @Test
  void doesNotOverflowOnMillionsOfBrackets() {
    byte[] brackets = new byte[5_000_000];
    Arrays.fill(brackets, (byte) '[');

    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(() -> new JsonCursor(brackets).finish())
        .withMessage("nesting over 512 at byte 512");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0, 0",
    "0e99999999999999999999, 0",
    "0.000, 0",
    "1.0, 1",
    "1e2, 100",
    "1.00E+2, 100",
    "120e-1, 12",
    "1.5e1, 15",
    "-1.05e2, -105",
    "1000000000000000000000e-18, 1000",
    "0.0000000000000000000000001e25, 1",
    "9223372036854775807, 9223372036854775807",
    "9223372036854775808, 9223372036854775807",
    "9999999999999999999, 9223372036854775807",
    "10000000000000000000, 9223372036854775807",
    "-9223372036854775808, -9223372036854775808",
    "-9223372036854775809, -9223372036854775808",
    "-1e400, -9223372036854775808",
    "1e999999999999999999999, 9223372036854775807",
    "1.5,",
    "1e-1,",
    "-0.1,",
    "1e-99999999999999999999,",
    "10000000000000000000.5,"
  })
  void readsIntegersExactly(String number, @Nullable Long value) {
    assertThat(over(number).integer()).isEqualTo(value);
  }

  @Test
  void readsSurrogatesWithoutPartnerAsTheyAreWritten() {
    assertThat(over("\"a\\udc00\\ud83d\\n\"").string()).isEqualTo("a\udc00\ud83d\n");
    assertThat(over("\"\\uD83d\\uDe00\"").string()).isEqualTo("😀");
  }

  @Test
  void refusesAnotherTypeThanTheOneAskedFor() {
    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(() -> over(" []").enterObject())
        .withMessage("expected an object at byte 1");
    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(() -> over("{}").enterArray())
        .withMessage("expected an array at byte 0");
    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(() -> over("1").string())
        .withMessage("expected a string at byte 0");
    assertThatExceptionOfType(MalformedJson.class)
        .isThrownBy(() -> over("\"1\"").integer())
        .withMessage("expected a number at byte 0");
  }

  @Test
  void doesNotAnswerQuestionsThatMakeNoSense() {
    var entered = over("[1]");
    entered.enterArray();

    assertThatIllegalStateException().isThrownBy(entered::type);
    assertThatIllegalStateException().isThrownBy(entered::nextName);
    assertThatIllegalStateException().isThrownBy(() -> over("1").nextElement());
  }

  private static JsonCursor over(String text) {
    return new JsonCursor(text.getBytes(StandardCharsets.UTF_8));
  }
}
