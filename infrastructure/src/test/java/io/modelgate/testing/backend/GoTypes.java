package io.modelgate.testing.backend;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which JSON Ollama's structures take. Go ignores fields it does not know; here they are faults,
 * for the gateway should not send any.
 *
 * @see <a href="https://github.com/ollama/ollama/blob/main/api/types.go">Ollama: api/types.go</a>
 */
final class GoTypes {
  private static final Map<String, Predicate<JsonNode>> OPTIONS =
      Map.ofEntries(
          Map.entry("num_ctx", JsonNode::isNumber),
          Map.entry("num_keep", JsonNode::isNumber),
          Map.entry("num_predict", JsonNode::isNumber),
          Map.entry("seed", JsonNode::isNumber),
          Map.entry("top_k", JsonNode::isNumber),
          Map.entry("top_p", JsonNode::isNumber),
          Map.entry("min_p", JsonNode::isNumber),
          Map.entry("temperature", JsonNode::isNumber),
          Map.entry("repeat_penalty", JsonNode::isNumber),
          Map.entry("presence_penalty", JsonNode::isNumber),
          Map.entry("frequency_penalty", JsonNode::isNumber),
          Map.entry("stop", GoTypes::isTexts));

  private static final Map<String, Predicate<JsonNode>> COMMON =
      Map.ofEntries(
          Map.entry("model", JsonNode::isTextual),
          Map.entry("stream", JsonNode::isBoolean),
          Map.entry("format", GoTypes::isFormat),
          Map.entry("keep_alive", GoTypes::isDuration),
          Map.entry("options", JsonNode::isObject),
          Map.entry("think", GoTypes::isThink),
          Map.entry("truncate", JsonNode::isBoolean),
          Map.entry("shift", JsonNode::isBoolean),
          Map.entry("logprobs", JsonNode::isBoolean),
          Map.entry("top_logprobs", JsonNode::isInt));

  private static final Map<String, Predicate<JsonNode>> CHAT =
      Map.of("messages", JsonNode::isArray, "tools", JsonNode::isArray);

  private static final Map<String, Predicate<JsonNode>> GENERATE =
      Map.of(
          "prompt", JsonNode::isTextual,
          "suffix", JsonNode::isTextual,
          "system", JsonNode::isTextual,
          "template", JsonNode::isTextual,
          "raw", JsonNode::isBoolean,
          "images", GoTypes::isImages,
          "context", JsonNode::isArray);

  private static final Map<String, Predicate<JsonNode>> EMBED =
      Map.of("input", GoTypes::isTexts, "dimensions", JsonNode::isInt);

  private static final Map<String, Predicate<JsonNode>> MESSAGE =
      Map.of(
          "role", JsonNode::isTextual,
          "content", JsonNode::isTextual,
          "thinking", JsonNode::isTextual,
          "images", GoTypes::isImages,
          "tool_calls", GoTypes::areCalls,
          "tool_name", JsonNode::isTextual,
          "tool_call_id", JsonNode::isTextual);

  private GoTypes() {}

  /** Empty for none. */
  static String faultOfChat(JsonNode request) {
    for (JsonNode message : request.path("messages")) {
      String fault = fault("Message", message, Map.of(), MESSAGE);
      if (!fault.isEmpty()) {
        return fault;
      }
    }
    return fault("ChatRequest", request, CHAT, COMMON);
  }

  /** Empty for none. */
  static String faultOfGenerate(JsonNode request) {
    return fault("GenerateRequest", request, GENERATE, COMMON);
  }

  /** Empty for none. */
  static String faultOfEmbed(JsonNode request) {
    return fault("EmbedRequest", request, EMBED, COMMON);
  }

  private static String fault(
      String struct,
      JsonNode given,
      Map<String, Predicate<JsonNode>> own,
      Map<String, Predicate<JsonNode>> common) {
    for (Map.Entry<String, JsonNode> field : given.properties()) {
      Predicate<JsonNode> type = own.getOrDefault(field.getKey(), common.get(field.getKey()));
      if (type == null || !type.test(field.getValue())) {
        return "json: cannot unmarshal into Go struct field " + struct + "." + field.getKey();
      }
    }
    for (Map.Entry<String, JsonNode> option : given.path("options").properties()) {
      Predicate<JsonNode> type = OPTIONS.get(option.getKey());
      if (type == null || !type.test(option.getValue())) {
        return "option \"" + option.getKey() + "\" must be of another type";
      }
    }
    return "";
  }

  private static boolean isFormat(JsonNode json) {
    return json.isTextual() || json.isObject();
  }

  private static boolean isDuration(JsonNode json) {
    return json.isTextual() || json.isNumber();
  }

  private static boolean isThink(JsonNode json) {
    return json.isBoolean() || Set.of("low", "medium", "high", "max").contains(json.asText());
  }

  private static boolean isTexts(JsonNode array) {
    return array.isArray() && all(array, JsonNode::isTextual);
  }

  private static boolean isImages(JsonNode array) {
    return array.isArray() && all(array, GoTypes::isPaddedBase64);
  }

  private static boolean isPaddedBase64(JsonNode text) {
    try {
      return text.isTextual()
          && text.textValue().length() % 4 == 0
          && Base64.getDecoder().decode(text.textValue()).length > 0;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static boolean areCalls(JsonNode array) {
    return all(
        array,
        call -> call.at("/function/name").isTextual() && call.at("/function/arguments").isObject());
  }

  private static boolean all(JsonNode array, Predicate<JsonNode> type) {
    for (JsonNode element : array) {
      if (!type.test(element)) {
        return false;
      }
    }
    return true;
  }
}
