package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.infrastructure.client.CallFailed;
import java.nio.charset.StandardCharsets;

/**
 * The tools a model may call, and the calls it has made already. Ollama's definitions look as
 * OpenAI's do; its calls hold their arguments as an object, OpenAI's as a string.
 */
final class OllamaTools {
  private OllamaTools() {}

  /** The definitions, as they are; none when the client wants none called. */
  static ArrayNode of(RequestFields asked) throws CallFailed {
    ArrayNode none = JsonNodeFactory.instance.arrayNode();
    boolean wanted = areWanted(asked);
    ArrayNode tools = asked.array("tools");
    if (tools == null) {
      return none;
    }
    for (int i = 0; i < tools.size(); i++) {
      RequestFields tool = asked.element("tools", i, tools.get(i));
      String type = tool.text("type");
      if (!"function".equals(type) || tool.object("function") == null) {
        throw tool.wrong("type", "must be 'function', with the function beside it");
      }
    }
    return wanted ? tools : none;
  }

  /** Ollama has no way to force a call: a client that relies on one would wait for it in vain. */
  private static boolean areWanted(RequestFields asked) throws CallFailed {
    JsonNode choice = asked.value("tool_choice");
    String word = choice == null ? "auto" : choice.asText();
    return switch (word) {
      case "auto" -> true;
      case "none" -> false;
      default ->
          throw asked.wrong(
              "tool_choice", "must be 'auto' or 'none': Ollama cannot be made to call a tool");
    };
  }

  /** The calls in one message of the history; empty when there are none. */
  static ArrayNode calls(RequestFields message) throws CallFailed {
    ArrayNode calls = JsonNodeFactory.instance.arrayNode();
    ArrayNode made = message.array("tool_calls");
    if (made == null) {
      return calls;
    }
    for (int i = 0; i < made.size(); i++) {
      RequestFields call = message.element("tool_calls", i, made.get(i));
      RequestFields function = call.object("function");
      String name = function == null ? null : function.text("name");
      if (function == null || name == null) {
        throw call.wrong("function.name", "must be a string");
      }
      String id = call.text("id");
      ObjectNode said = calls.addObject();
      if (id != null) {
        said.put("id", id);
      }
      said.putObject("function")
          .put("index", i)
          .put("name", name)
          .set("arguments", arguments(function));
    }
    return calls;
  }

  /** An empty text stands for no arguments: that is how some models have called. */
  private static JsonNode arguments(RequestFields function) throws CallFailed {
    JsonNode arguments = function.value("arguments");
    if (arguments == null || (arguments.isTextual() && arguments.textValue().isBlank())) {
      return JsonNodeFactory.instance.objectNode();
    }
    JsonNode read = arguments.isTextual() ? parsed(arguments.textValue()) : arguments;
    if (read instanceof ObjectNode) {
      return read;
    }
    throw function.wrong("arguments", "must be a JSON object, written as a string");
  }

  private static JsonNode parsed(String text) {
    return RequestFields.tree(text.getBytes(StandardCharsets.UTF_8)).orElse(NullNode.instance);
  }
}
