package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.infrastructure.client.CallFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one object in a client's request, for adapters that must say it in other words. A
 * null counts as absent. A value of the wrong type is the client's mistake and named by its path.
 *
 * @param path what stands before a field's name in messages, e.g. {@code messages[2].}
 */
record RequestFields(ObjectNode object, String path) {
  /** A body's length is bounded already, and one string of it may be an image. */
  private static final JsonFactory UNBOUNDED_STRINGS =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  /** Numbers stay exactly as they were written. */
  private static final JsonMapper JSON =
      JsonMapper.builder(UNBOUNDED_STRINGS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Reads a body that is known to be one JSON object. */
  static RequestFields of(byte[] body) throws CallFailed {
    if (tree(body).orElse(null) instanceof ObjectNode object) {
      return new RequestFields(object, "");
    }
    throw mistake("the body must be a JSON object with numbers of a sensible length", "body");
  }

  /** The tree of a JSON text; empty when it is none, or its numbers are beyond all reason. */
  static Optional<JsonNode> tree(byte[] json) {
    try {
      return Optional.of(JSON.readTree(json));
    } catch (JsonProcessingException | NumberFormatException _) {
      return Optional.empty(); // Jackson lets the second out for 1e99999999999
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
  }

  /** A tree as JSON. */
  static byte[] bytes(ObjectNode tree) {
    return tree.toString().getBytes(StandardCharsets.UTF_8);
  }

  static CallFailed mistake(String message, String param) {
    return new CallFailed(ClientMistake.of(message, param));
  }

  /** A complaint about one field, whose path is put before the words. */
  CallFailed wrong(String field, String words) {
    return mistake("'" + path + field + "' " + words, path + field);
  }

  boolean has(String field) {
    return value(field) != null;
  }

  @Nullable JsonNode value(String field) {
    JsonNode value = object.get(field);
    return value == null || value.isNull() ? null : value;
  }

  @Nullable String text(String field) throws CallFailed {
    JsonNode value = value(field);
    if (value != null && !value.isTextual()) {
      throw wrong(field, "must be a string");
    }
    return value == null ? null : value.textValue();
  }

  @Nullable JsonNode number(String field) throws CallFailed {
    JsonNode value = value(field);
    if (value != null && !value.isNumber()) {
      throw wrong(field, "must be a number");
    }
    return value;
  }

  @Nullable JsonNode integer(String field) throws CallFailed {
    JsonNode value = number(field);
    if (value != null && !value.isIntegralNumber()) {
      throw wrong(field, "must be an integer");
    }
    return value;
  }

  @Nullable Boolean flag(String field) throws CallFailed {
    JsonNode value = value(field);
    if (value != null && !value.isBoolean()) {
      throw wrong(field, "must be true or false");
    }
    return value == null ? null : value.booleanValue();
  }

  @Nullable ArrayNode array(String field) throws CallFailed {
    JsonNode value = value(field);
    if (value != null && !value.isArray()) {
      throw wrong(field, "must be an array");
    }
    return (ArrayNode) value;
  }

  @Nullable RequestFields object(String field) throws CallFailed {
    JsonNode value = value(field);
    if (value != null && !value.isObject()) {
      throw wrong(field, "must be an object");
    }
    return value == null ? null : new RequestFields((ObjectNode) value, path + field + ".");
  }

  /** An element of one of this object's arrays, which must be an object. */
  RequestFields element(String field, int index, JsonNode element) throws CallFailed {
    String name = field + "[" + index + "]";
    if (element instanceof ObjectNode found) {
      return new RequestFields(found, path + name + ".");
    }
    throw wrong(name, "must be an object");
  }

  /** Whether a field is absent or the number one. */
  boolean isOneAtMost(String field) throws CallFailed {
    JsonNode value = number(field);
    return value == null || value.decimalValue().compareTo(BigDecimal.ONE) <= 0;
  }
}
