package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.infrastructure.client.CallFailed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client's request in the words of Ollama's native API.
 *
 * @param path below the base URL
 * @param inputs how many texts are to be embedded; 0 when none
 * @param wantsBase64 whether the client wants embeddings in base64: its affair, not Ollama's
 * @see <a href="https://docs.ollama.com/api">Ollama: API</a>
 */
record OllamaRequest(String path, ObjectNode body, int inputs, boolean wantsBase64) {
  /** Ollama's own fields that a client may send along, for every endpoint that generates. */
  private static final List<String> NATIVE = List.of("keep_alive", "truncate", "shift");

  private static final List<String> NATIVE_FOR_PROMPTS =
      List.of("suffix", "system", "template", "raw", "images", "context");

  /**
   * Translates.
   *
   * @param model as Ollama knows it
   * @throws CallFailed when the request asks for what cannot be said there, as the client's mistake
   */
  static OllamaRequest of(ChatCall call, String model) throws CallFailed {
    RequestFields asked = RequestFields.of(call.body().bytes());
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", model);
    return switch (call.endpoint()) {
      case CHAT_COMPLETIONS -> chat(call, asked, body);
      case COMPLETIONS -> completion(call, asked, body);
      case EMBEDDINGS -> embedding(asked, body);
    };
  }

  private static OllamaRequest chat(ChatCall call, RequestFields asked, ObjectNode body)
      throws CallFailed {
    OllamaRefusals.checkChat(call.body().bounds(), asked);
    body.set("messages", OllamaMessages.of(asked));
    ArrayNode tools = OllamaTools.of(asked);
    if (!tools.isEmpty()) {
      body.set("tools", tools);
    }
    if (Boolean.TRUE.equals(asked.flag("logprobs"))) {
      body.put("logprobs", true);
      put(body, "top_logprobs", asked.integer("top_logprobs"));
    }
    return generating("/api/chat", call, asked, body);
  }

  private static OllamaRequest completion(ChatCall call, RequestFields asked, ObjectNode body)
      throws CallFailed {
    OllamaRefusals.checkCompletion(call.body().bounds(), asked);
    body.put("prompt", prompt(asked));
    for (String field : NATIVE_FOR_PROMPTS) {
      put(body, field, asked.value(field));
    }
    return generating("/api/generate", call, asked, body);
  }

  private static OllamaRequest generating(
      String path, ChatCall call, RequestFields asked, ObjectNode body) throws CallFailed {
    body.put("stream", call.body().stream());
    put(body, "format", OllamaOptions.format(asked));
    put(body, "think", OllamaOptions.think(asked));
    putOptions(body, OllamaOptions.of(call.body().bounds(), asked));
    for (String field : NATIVE) {
      put(body, field, asked.value(field));
    }
    return new OllamaRequest(path, body, 0, false);
  }

  /** One string, by itself or as the only one of an array. */
  private static String prompt(RequestFields asked) throws CallFailed {
    JsonNode prompt = asked.value("prompt");
    JsonNode only = prompt instanceof ArrayNode all && all.size() == 1 ? all.get(0) : prompt;
    if (only != null && only.isTextual()) {
      return only.textValue();
    }
    throw asked.wrong(
        "prompt", "must be one string: Ollama takes neither several prompts nor tokens");
  }

  private static OllamaRequest embedding(RequestFields asked, ObjectNode body) throws CallFailed {
    String encoding = asked.text("encoding_format");
    if (encoding != null && !encoding.equals("float") && !encoding.equals("base64")) {
      throw asked.wrong("encoding_format", "must be 'float' or 'base64'");
    }
    ArrayNode input = input(asked);
    body.set("input", input);
    put(body, "dimensions", asked.integer("dimensions"));
    putOptions(body, OllamaOptions.ownOf(asked));
    put(body, "keep_alive", asked.value("keep_alive"));
    put(body, "truncate", asked.value("truncate"));
    return new OllamaRequest("/api/embed", body, input.size(), "base64".equals(encoding));
  }

  private static ArrayNode input(RequestFields asked) throws CallFailed {
    JsonNode input = asked.value("input");
    ArrayNode texts =
        input instanceof ArrayNode several
            ? several
            : JsonNodeFactory.instance.arrayNode().add(input);
    if (texts.isEmpty()) {
      throw asked.wrong("input", "must not be empty");
    }
    for (JsonNode text : texts) {
      if (!text.isTextual() || text.textValue().isEmpty()) {
        throw asked.wrong(
            "input", "must be a string or strings, none empty: Ollama takes no tokens");
      }
    }
    return texts;
  }

  private static void put(ObjectNode body, String field, @Nullable JsonNode value) {
    if (value != null) {
      body.set(field, value);
    }
  }

  private static void putOptions(ObjectNode body, ObjectNode options) {
    if (!options.isEmpty()) {
      body.set("options", options);
    }
  }

  /** The same with its reply kept to so many tokens; null changes nothing. */
  OllamaRequest keptTo(@Nullable Long cap) {
    if (cap == null) {
      return this;
    }
    JsonNode asked = body.path("options").path("num_predict");
    boolean isShort = // 0 and less mean "without end"
        asked.canConvertToLong() && asked.longValue() > 0 && asked.longValue() <= cap;
    ObjectNode bounded = body.deepCopy();
    bounded.withObject("/options").put("num_predict", isShort ? asked.longValue() : cap);
    return new OllamaRequest(path, bounded, inputs, wantsBase64);
  }

  /** Whether the client itself said what is to become of a prompt that is too long. */
  boolean saysWhetherToTruncate() {
    return body.has("truncate");
  }

  /** The same, to be refused by Ollama when it does not fit the context. */
  OllamaRequest refusingWhatDoesNotFit() {
    ObjectNode refusing = body.deepCopy().put("truncate", false);
    return new OllamaRequest(path, refusing, inputs, wantsBase64);
  }

  /** The context length that the request names; null when it leaves it to Ollama. */
  @Nullable Long contextLength() {
    JsonNode length = body.path("options").get("num_ctx");
    return length != null && length.canConvertToLong() ? length.longValue() : null;
  }

  byte[] bytes() {
    return RequestFields.bytes(body);
  }
}
