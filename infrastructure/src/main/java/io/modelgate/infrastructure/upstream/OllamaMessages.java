package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.infrastructure.client.CallFailed;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a chat, one of Ollama's for each of OpenAI's. {@code name} is left out: Ollama
 * knows none.
 */
final class OllamaMessages {
  private final ArrayNode messages = JsonNodeFactory.instance.arrayNode();

  /** The name of the tool for each call so far: Ollama's results go by name. */
  private final Map<String, String> toolNames = new HashMap<>();

  private OllamaMessages() {}

  static ArrayNode of(RequestFields asked) throws CallFailed {
    ArrayNode given = asked.array("messages");
    if (given == null || given.isEmpty()) {
      // To Ollama, no messages mean: load the model and say nothing.
      throw asked.wrong("messages", "must be an array of at least one message");
    }
    var translated = new OllamaMessages();
    for (int i = 0; i < given.size(); i++) {
      translated.add(asked.element("messages", i, given.get(i)));
    }
    return translated.messages;
  }

  private void add(RequestFields message) throws CallFailed {
    String role = message.text("role");
    switch (role) {
      case "system", "developer" -> said("system", message);
      case "user" -> said("user", message);
      case "assistant" -> answered(message);
      case "tool" -> returned(message);
      case null, default ->
          throw message.wrong("role", "must be system, developer, user, assistant or tool");
    }
  }

  private ObjectNode said(String role, RequestFields message) throws CallFailed {
    if (!message.has("content")) {
      throw message.wrong("content", "must be a string or an array of parts");
    }
    return put(role, message);
  }

  /** Content first, then the images. */
  private ObjectNode put(String role, RequestFields message) throws CallFailed {
    OllamaContent content = OllamaContent.of(message);
    ObjectNode said = messages.addObject().put("role", role).put("content", content.text());
    if (!content.images().isEmpty()) {
      ArrayNode images = said.putArray("images");
      content.images().forEach(images::add);
    }
    return said;
  }

  private void answered(RequestFields message) throws CallFailed {
    if (message.has("function_call")) {
      throw message.wrong("function_call", "is out of date: use 'tool_calls'");
    }
    ArrayNode calls = OllamaTools.calls(message);
    ObjectNode said = put("assistant", message);
    String thinking = thinking(message);
    if (thinking != null) {
      said.put("thinking", thinking);
    }
    if (!calls.isEmpty()) {
      said.set("tool_calls", calls);
    }
    for (JsonNode call : calls) {
      if (call.has("id")) {
        toolNames.put(call.get("id").textValue(), call.at("/function/name").textValue());
      }
    }
  }

  private static @Nullable String thinking(RequestFields message) throws CallFailed {
    String thinking = message.text("reasoning_content");
    return thinking == null ? message.text("reasoning") : thinking;
  }

  private void returned(RequestFields message) throws CallFailed {
    ObjectNode said = said("tool", message);
    String id = message.text("tool_call_id");
    if (id != null) {
      String name = toolNames.get(id);
      if (name != null) {
        said.put("tool_name", name);
      }
      said.put("tool_call_id", id);
    }
  }
}
