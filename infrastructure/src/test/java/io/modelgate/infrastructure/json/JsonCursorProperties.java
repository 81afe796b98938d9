package io.modelgate.infrastructure.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.modelgate.domain.chat.Span;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.jspecify.annotations.Nullable;

/** Jackson is the oracle. */
class JsonCursorProperties {
  private static final JsonFactory JACKSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(JsonCursor.MAX_DEPTH).build())
          .build();

  private static final Pattern WIDE_HEX_DIGIT =
      Pattern.compile("(?<!\\\\)(?:\\\\\\\\)*\\\\u[0-9a-fA-F]{0,3}[^\\x00-\\x7f]");

  @Property
  void findsTheValuesThatJacksonFinds(@ForAll("texts") String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

    assertThat(seenByCursor(bytes)).isEqualTo(seenByJackson(text));
  }

  @Property
  void skipsExactlyTheValue(@ForAll("texts") String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

    Span span = new JsonCursor(bytes).skip();

    assertThat(new String(bytes, span.start(), span.length(), StandardCharsets.UTF_8))
        .isEqualTo(text.strip());
  }

  @Property(tries = 5000)
  void acceptsAndRejectsWhatJacksonDoes(@ForAll("mutants") byte[] bytes) {
    boolean accepted = acceptedByCursor(bytes);

    Statistics.collect(accepted);
    Statistics.coverage(
        coverage -> {
          coverage.check(true).percentage(percentage -> percentage > 5);
          coverage.check(false).percentage(percentage -> percentage > 30);
        });
    assertThat(accepted).isEqualTo(acceptedByJackson(bytes));
  }

  @Property
  void readsTheIntegersThatBigDecimalReads(@ForAll("numbers") String number) {
    var exact = new BigDecimal(number);

    Long read = new JsonCursor(number.getBytes(StandardCharsets.UTF_8)).integer();

    assertThat(read).isEqualTo(saturated(exact));
  }

  @Property(tries = 5000)
  void countsTheBytesThatAStringHasUnescaped(@ForAll("strings") String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    String text = new JsonCursor(bytes).string();
    boolean valid = text.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff);

    Statistics.collect(valid && json.contains("\\"));
    Statistics.coverage(coverage -> coverage.check(true).percentage(percentage -> percentage > 10));
    int counted = new JsonCursor(bytes).stringBytes();

    if (valid) {
      assertThat(counted).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    } else {
      assertThat(counted).isBetween(text.length(), 3 * text.length());
    }
  }

  @Provide
  Arbitrary<String> strings() {
    return JsonTexts.string();
  }

  @Property
  void anyStringSurvivesBeingQuoted(@ForAll String text) {
    byte[] quoted = JsonText.quote(text);
    var cursor = new JsonCursor(quoted);

    assertThat(cursor.string()).isEqualTo(text);
    cursor.finish();
  }

  @Provide
  Arbitrary<String> texts() {
    return Combinators.combine(JsonTexts.whiteSpace(), JsonTexts.value(), JsonTexts.whiteSpace())
        .as((before, value, after) -> before + value + after);
  }

  @Provide
  Arbitrary<String> numbers() {
    return JsonTexts.number();
  }

  @Provide
  Arbitrary<byte[]> mutants() {
    return Combinators.combine(texts(), mutation().list().ofMinSize(1).ofMaxSize(2))
        .as(
            (text, mutations) -> {
              byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
              for (Mutation mutation : mutations) {
                bytes = mutation.of(bytes);
              }
              return bytes;
            });
  }

  private static Arbitrary<Mutation> mutation() {
    Arbitrary<Byte> telling =
        Arbitraries.of(
                "{}[],:\"\\/'0123456789-+.eEtrufalsn \t\n\r\f\u0000\u001f\u007f#NI"
                    .chars()
                    .boxed()
                    .toList())
            .map(Integer::byteValue);
    Arbitrary<Byte> beyondAscii =
        Arbitraries.of(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xa0, 0xf0, 0xf4, 0x90, 0xff)
            .map(Integer::byteValue);
    return Combinators.combine(
            Arbitraries.doubles().between(0, 1),
            Arbitraries.integers().between(0, 2),
            Arbitraries.oneOf(telling, telling, beyondAscii, Arbitraries.bytes())
                .list()
                .ofMaxSize(2))
        .as(Mutation::new);
  }

  /** Puts other bytes in the place of a few, or cuts, or inserts. */
  private record Mutation(double where, int removed, List<Byte> inserted) {
    byte[] of(byte[] bytes) {
      int at = (int) (where * bytes.length);
      int resume = Math.min(bytes.length, at + removed);
      byte[] mutant = new byte[bytes.length - (resume - at) + inserted.size()];
      System.arraycopy(bytes, 0, mutant, 0, at);
      for (int i = 0; i < inserted.size(); i++) {
        mutant[at + i] = inserted.get(i);
      }
      System.arraycopy(bytes, resume, mutant, at + inserted.size(), bytes.length - resume);
      return mutant;
    }
  }

  private static List<String> seenByCursor(byte[] bytes) {
    var seen = new ArrayList<String>();
    var cursor = new JsonCursor(bytes);
    walk(cursor, bytes, seen);
    cursor.finish();
    return seen;
  }

  private static void walk(JsonCursor cursor, byte[] bytes, List<String> seen) {
    JsonCursor.Type type = cursor.type();
    Span span = new JsonCursor(bytes, cursor.position(), bytes.length).skip();
    switch (type) {
      case OBJECT -> {
        seen.add("{ at " + span.start());
        cursor.enterObject();
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
          seen.add("name " + name);
          walk(cursor, bytes, seen);
        }
        seen.add("} at " + (cursor.position() - 1));
      }
      case ARRAY -> {
        seen.add("[ at " + span.start());
        cursor.enterArray();
        while (cursor.nextElement()) {
          walk(cursor, bytes, seen);
        }
        seen.add("] at " + (cursor.position() - 1));
      }
      case STRING -> seen.add("string " + cursor.string() + " at " + span.start());
      case NUMBER, TRUE, FALSE, NULL -> {
        assertThat(cursor.skip()).isEqualTo(span);
        String raw = new String(bytes, span.start(), span.length(), StandardCharsets.UTF_8);
        seen.add(raw + " at " + span.start());
      }
    }
    assertThat(cursor.position()).isEqualTo(span.end());
  }

  /** Given characters: from bytes, Jackson refuses names with surrogates that have no partner. */
  private static List<String> seenByJackson(String text) throws IOException {
    var seen = new ArrayList<String>();
    try (JsonParser parser = JACKSON.createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        int offset = (int) parser.currentTokenLocation().getCharOffset();
        String at = " at " + text.substring(0, offset).getBytes(StandardCharsets.UTF_8).length;
        seen.add(
            switch (token) {
              case FIELD_NAME -> "name " + parser.currentName();
              case VALUE_STRING -> "string " + parser.getText() + at;
              default -> parser.getText() + at;
            });
      }
    }
    return seen;
  }

  private static boolean acceptedByCursor(byte[] bytes) {
    try {
      new JsonCursor(bytes).finish();
      return true;
    } catch (MalformedJson _) {
      return false;
    }
  }

  /**
   * Known differences, settled here: Jackson does not look for overlong or surrogate UTF-8, guesses
   * other encodings from zero bytes, and swallows a byte order mark; so it is given characters that
   * were decoded strictly. Of those it takes the lowest byte for a hexadecimal digit, U+0130 for a
   * 0. It also goes on to a next root value.
   */
  private static boolean acceptedByJackson(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return !text.startsWith("\ufeff") && !WIDE_HEX_DIGIT.matcher(text).find() && isOneValue(text);
    } catch (CharacterCodingException | JsonParseException | StreamConstraintsException _) {
      return false;
    } catch (IOException e) {
      throw new AssertionError("Jackson failed at " + Arrays.toString(bytes), e);
    }
  }

  private static boolean isOneValue(String text) throws IOException {
    try (JsonParser parser = JACKSON.createParser(text)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      parser.finishToken();
      return parser.nextToken() == null;
    }
  }

  private static @Nullable Long saturated(BigDecimal exact) {
    if (exact.stripTrailingZeros().scale() > 0) {
      return null;
    }
    BigInteger integer = exact.toBigInteger();
    return integer
        .max(BigInteger.valueOf(Long.MIN_VALUE))
        .min(BigInteger.valueOf(Long.MAX_VALUE))
        .longValueExact();
  }
}
