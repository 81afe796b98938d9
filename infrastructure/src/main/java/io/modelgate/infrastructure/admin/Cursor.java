package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Where a page of a list ended: the values by which its last row is sorted. Opaque to clients, not
 * secret, and checked as anything that comes from them.
 */
final class Cursor {
  /** In characters: room for a name of 200 characters that takes four bytes for each. */
  static final int LONGEST = 2_000;

  private static final JsonMapper JSON = new JsonMapper();

  private final ArrayNode values;

  private Cursor(ArrayNode values) {
    this.values = values;
  }

  /** None yet. */
  static Cursor create() {
    return new Cursor(JsonNodeFactory.instance.arrayNode());
  }

  /** Adds a value, which is read back by its place. */
  Cursor with(@Nullable String value) {
    values.add(value);
    return this;
  }

  /** Adds a value, which is read back by its place. */
  Cursor with(@Nullable Long value) {
    values.add(value);
    return this;
  }

  /** What {@code next} says. */
  String text() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(values.toString().getBytes(StandardCharsets.UTF_8));
  }

  static Cursor parse(String text) {
    try {
      byte[] json = Base64.getUrlDecoder().decode(text);
      if (JSON.readTree(new String(json, StandardCharsets.UTF_8)) instanceof ArrayNode values) {
        return new Cursor(values);
      }
    } catch (IllegalArgumentException | JsonProcessingException _) {
      // Told below.
    }
    throw garbled();
  }

  /** The number in that place. */
  long number(int place) {
    JsonNode value = values.path(place);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw garbled();
    }
    return value.longValue();
  }

  /** The number in that place; null where there was none. */
  @Nullable Long numberOrNull(int place) {
    return values.path(place).isNull() ? null : Long.valueOf(number(place));
  }

  /** The text in that place. */
  String text(int place) {
    JsonNode value = values.path(place);
    if (!value.isTextual()) {
      throw garbled();
    }
    return value.textValue();
  }

  private static Rejected garbled() {
    return Rejected.field("after", "'after' is not what 'next' of the page before said");
  }
}
