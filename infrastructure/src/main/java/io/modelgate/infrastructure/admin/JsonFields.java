package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one JSON object, each read once and strictly: no text for numbers, no numbers for
 * text. Every fault is a {@link Rejected} that names the field and what is allowed, and never
 * repeats the value, which may be a secret, but for an entry of a {@link #list}.
 */
final class JsonFields {
  private final ObjectNode object;
  private final String within;

  private JsonFields(ObjectNode object, String within) {
    this.object = object;
    this.within = within;
  }

  static JsonFields of(ObjectNode object) {
    return new JsonFields(object, "");
  }

  /** Refuses every field but those: a misspelt one must not be ignored in silence. */
  void allowOnly(List<String> names) {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!names.contains(name)) {
                throw Rejected.field(
                    within + name,
                    "unknown field '"
                        + within
                        + printable(name)
                        + "'; allowed are "
                        + String.join(", ", names));
              }
            });
  }

  /**
   * A field that cannot be null.
   *
   * @param allowed what is allowed, to follow "must be "
   * @param reader null for a value that is not allowed
   */
  <T> Field<T> value(String name, String allowed, Function<JsonNode, @Nullable T> reader) {
    JsonNode node = object.get(name);
    return node == null
        ? new Field.Absent<>()
        : new Field.Given<>(read(name, node, allowed, reader));
  }

  /** A field that null clears. */
  <T> Field<@Nullable T> nullable(
      String name, String allowed, Function<JsonNode, @Nullable T> reader) {
    JsonNode node = object.get(name);
    if (node == null) {
      return new Field.Absent<>();
    }
    return node.isNull()
        ? new Field.Given<>(null)
        : new Field.Given<>(read(name, node, allowed + ", or null", reader));
  }

  /**
   * A list of objects, at least one.
   *
   * @param most how many there may be
   */
  <T> Field<List<T>> objects(String name, int most, Function<JsonFields, T> reader) {
    JsonNode node = object.get(name);
    if (node == null) {
      return new Field.Absent<>();
    }
    List<T> read = new ArrayList<>();
    boolean fit = node.isArray() && !node.isEmpty() && node.size() <= most;
    for (int i = 0; fit && i < node.size(); i++) {
      fit = node.get(i) instanceof ObjectNode;
      if (node.get(i) instanceof ObjectNode element) {
        read.add(reader.apply(new JsonFields(element, within + name + "[" + i + "].")));
      }
    }
    if (!fit) {
      throw Rejected.field(
          within + name, "'" + within + name + "' must be a list of 1 to " + most + " objects");
    }
    return new Field.Given<>(read);
  }

  /**
   * A list of texts, each read without the white space around it and taken once; null clears it.
   *
   * @param most how many there may be
   * @param each what one is, to follow "must be "; none is a secret, for a bad one is repeated
   * @param reader null for a text that is not allowed
   */
  <T> Field<@Nullable List<T>> list(
      String name, int most, String each, Function<String, @Nullable T> reader) {
    return nullable(
        name,
        "a list of 1 to " + most + ", each " + each,
        node -> node.isArray() && node.size() <= most ? entries(name, node, each, reader) : null);
  }

  private <T> @Nullable List<T> entries(
      String name, JsonNode list, String each, Function<String, @Nullable T> reader) {
    Set<T> entries = new LinkedHashSet<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode node = list.get(i);
      String text = node.textValue();
      T entry = text == null ? null : reader.apply(text.strip());
      if (entry == null) {
        throw Rejected.field(
            within + name,
            "'%s%s[%d]' must be %s; got %s"
                .formatted(
                    within,
                    name,
                    i,
                    each,
                    text == null ? shape(node) : "\"" + printable(text) + "\""));
      }
      entries.add(entry);
    }
    return entries.isEmpty() ? null : List.copyOf(entries);
  }

  /** The complaint about a field that is not there. */
  Rejected missing(String name, String meaning) {
    return Rejected.field(within + name, "'" + within + name + "' is missing: " + meaning);
  }

  /** Whether it is switched on, said as {@code status} or as {@code enabled}, or not at all. */
  Field<Boolean> enabled() {
    Field<Boolean> enabled =
        value("enabled", "true or false", node -> node.isBoolean() ? node.booleanValue() : null);
    Field<Boolean> status =
        value("status", "\"active\" or \"disabled\"", node -> activity(node.textValue()));
    return switch (status) {
      case Field.Absent<Boolean> _ -> enabled;
      case Field.Given<Boolean>(Boolean active) -> {
        if (!enabled.or(active).equals(active)) {
          throw Rejected.field("status", "'status' and 'enabled' contradict each other; send one");
        }
        yield status;
      }
    };
  }

  /** A whole number of that range, however it is written: {@code 1.0} and {@code 1e0} are 1. */
  static @Nullable Long wholeNumber(JsonNode node, long min, long max) {
    if (!node.isNumber()) {
      return null;
    }
    BigDecimal number = node.decimalValue();
    // The range first: 1e999999999 must not be written out.
    if (number.compareTo(BigDecimal.valueOf(min)) < 0
        || number.compareTo(BigDecimal.valueOf(max)) > 0) {
      return null;
    }
    try {
      return number.longValueExact();
    } catch (ArithmeticException _) {
      return null;
    }
  }

  /** Text that a person can read back, in one line or several: not blank. */
  static @Nullable String lines(JsonNode node, int maxLength) {
    String text = node.textValue();
    return text == null
            || text.isBlank()
            || text.length() > maxLength
            || !text.codePoints().allMatch(c -> c == '\n' || c == '\t' || isPrintable(c))
        ? null
        : text;
  }

  /**
   * Text that a person can read back in one line, without the white space around it: something is
   * to be seen of it, and nothing in it turns the direction of reading.
   */
  static @Nullable String line(JsonNode node, int maxLength) {
    String text = node.textValue() == null ? "" : node.textValue().strip();
    return text.length() > maxLength
            || text.codePoints().noneMatch(JsonFields::isVisible)
            || !text.codePoints().allMatch(JsonFields::isPrintable)
        ? null
        : text;
  }

  private static boolean isVisible(int codePoint) {
    return !Character.isWhitespace(codePoint)
        && !Character.isSpaceChar(codePoint)
        && Character.getType(codePoint) != Character.FORMAT;
  }

  private <T> T read(
      String name, JsonNode node, String allowed, Function<JsonNode, @Nullable T> reader) {
    T value = reader.apply(node);
    if (value == null) {
      throw Rejected.field(
          within + name, "'" + within + name + "' must be " + allowed + "; got " + shape(node));
    }
    return value;
  }

  private static @Nullable Boolean activity(@Nullable String status) {
    return switch (status) {
      case "active" -> true;
      case "disabled" -> false;
      case null, default -> null;
    };
  }

  private static String shape(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT, POJO -> "an object";
      case ARRAY -> "an array";
      case STRING, BINARY -> node.asText().isEmpty() ? "an empty string" : "another string";
      case NUMBER -> "a number that is not allowed";
      case BOOLEAN -> "a boolean";
      case NULL, MISSING -> "null";
    };
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      case Character.FORMAT -> !turnsDirection(codePoint);
      default -> true;
    };
  }

  /** Unicode's controls of the direction of reading (UAX 9), with which names can be forged. */
  private static boolean turnsDirection(int codePoint) {
    return codePoint == 0x061c
        || codePoint == 0x200e
        || codePoint == 0x200f
        || (codePoint >= 0x202a && codePoint <= 0x202e)
        || (codePoint >= 0x2066 && codePoint <= 0x2069);
  }

  private static String printable(String name) {
    String readable =
        name.codePoints()
            .filter(JsonFields::isPrintable)
            .limit(40)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return readable.length() < name.length() ? readable + "…" : readable;
  }
}
