package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.infrastructure.client.CallFailed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an answer is to be made. What the client leaves open stays open: Ollama's own defaults, and
 * those in the model's file, differ from OpenAI's. Where the same thing is said twice, OpenAI's
 * field counts before Ollama's own at the top level, and that before the one in {@code options}.
 */
final class OllamaOptions {
  /** Ollama's options that a client may name at the top level; those of older versions too. */
  private static final List<String> OWN =
      List.of(
          "num_ctx",
          "num_keep",
          "num_predict",
          "num_batch",
          "num_gpu",
          "main_gpu",
          "num_thread",
          "use_mmap",
          "use_mlock",
          "low_vram",
          "numa",
          "top_k",
          "min_p",
          "typical_p",
          "tfs_z",
          "repeat_last_n",
          "repeat_penalty",
          "penalize_newline",
          "mirostat",
          "mirostat_tau",
          "mirostat_eta");

  private static final List<String> SHARED =
      List.of("temperature", "top_p", "presence_penalty", "frequency_penalty");

  private OllamaOptions() {}

  /** All of them; empty when nothing was asked. */
  static ObjectNode of(OutputBounds bounds, RequestFields asked) throws CallFailed {
    ObjectNode options = ownOf(asked);
    for (String name : SHARED) {
      put(options, name, asked.number(name));
    }
    put(options, "seed", asked.integer("seed"));
    put(options, "stop", stop(asked));
    Long tokens = bounds.tokens();
    if (tokens != null) {
      options.put("num_predict", tokens);
    }
    return options;
  }

  /** Those that the client names as Ollama does. */
  static ObjectNode ownOf(RequestFields asked) throws CallFailed {
    RequestFields given = asked.object("options");
    ObjectNode options =
        given == null ? JsonNodeFactory.instance.objectNode() : given.object().deepCopy();
    for (String name : OWN) {
      put(options, name, asked.value(name));
    }
    return options;
  }

  private static @Nullable ArrayNode stop(RequestFields asked) throws CallFailed {
    JsonNode stop = asked.value("stop");
    if (stop == null) {
      return null;
    }
    ArrayNode all =
        stop instanceof ArrayNode several
            ? several
            : JsonNodeFactory.instance.arrayNode().add(stop);
    for (JsonNode one : all) {
      if (!one.isTextual()) {
        throw asked.wrong("stop", "must be a string or an array of strings");
      }
    }
    return all;
  }

  /** What the answer must look like: any JSON, or JSON of a schema; null when it is free. */
  static @Nullable JsonNode format(RequestFields asked) throws CallFailed {
    RequestFields wanted = asked.object("response_format");
    if (wanted == null) {
      return asked.value("format");
    }
    String type = wanted.text("type");
    return switch (type) {
      case "text" -> null;
      case "json_object" -> TextNode.valueOf("json");
      case "json_schema" -> schema(wanted);
      case null, default ->
          throw wanted.wrong("type", "must be 'text', 'json_object' or 'json_schema'");
    };
  }

  private static JsonNode schema(RequestFields wanted) throws CallFailed {
    RequestFields named = wanted.object("json_schema");
    RequestFields schema = named == null ? null : named.object("schema");
    if (schema == null) {
      throw wanted.wrong("json_schema.schema", "must be an object");
    }
    return schema.object();
  }

  /** Whether and how much to think; null when that is left to the model. */
  static @Nullable JsonNode think(RequestFields asked) throws CallFailed {
    String effort = asked.text("reasoning_effort");
    return switch (effort) {
      case null -> asked.value("think");
      case "none" -> BooleanNode.FALSE;
      case "minimal", "low" -> TextNode.valueOf("low");
      case "medium" -> TextNode.valueOf("medium");
      case "high", "xhigh", "max" -> TextNode.valueOf("high");
      default ->
          throw asked.wrong(
              "reasoning_effort", "must be none, minimal, low, medium, high, xhigh or max");
    };
  }

  private static void put(ObjectNode options, String name, @Nullable JsonNode value) {
    if (value != null) {
      options.set(name, value);
    }
  }
}
