package io.modelgate.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/** One of the shapes that OpenAI's own specification gives. Thread-safe. */
record OpenAiSchema(String name, JsonSchema schema) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads one.
   *
   * @param name e.g. {@code CreateChatCompletionResponse}
   */
  static OpenAiSchema of(String name) throws IOException {
    String file = "/wire/openai-schemas.json";
    try (InputStream in = Objects.requireNonNull(OpenAiSchema.class.getResourceAsStream(file))) {
      ObjectNode root = (ObjectNode) JSON.readTree(in);
      if (!root.path("$defs").has(name)) {
        throw new IllegalArgumentException("no schema is called " + name);
      }
      root.put("$ref", "#/$defs/" + name);
      var factory = JsonSchemaFactory.getInstance(VersionFlag.V202012);
      return new OpenAiSchema(name, factory.getSchema(root));
    }
  }

  /** Where the text departs from the schema, and how; empty when it does not. */
  List<String> faults(String text) throws IOException {
    JsonNode value = JSON.readTree(text);
    return schema.validate(value).stream().map(Object::toString).toList();
  }
}
