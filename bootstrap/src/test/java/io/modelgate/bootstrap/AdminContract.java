package io.modelgate.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What {@code docs/admin-api.yaml} promises. */
record AdminContract(ObjectNode document, List<Operation> operations) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> METHODS = Set.of("get", "post", "patch", "put", "delete");

  /**
   * One operation.
   *
   * @param path as it stands there, e.g. {@code /keys/{id}}
   * @param roles {@code anyone}, {@code key}, {@code admin}
   */
  record Operation(String id, String method, String path, Set<String> roles, JsonNode responses) {
    boolean isFor(String role) {
      return roles.contains("anyone") || roles.contains(role);
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  static AdminContract read() throws IOException {
    String text = Files.readString(Path.of("../docs/admin-api.yaml"));
    Object tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    ObjectNode document = JSON.valueToTree(tree);
    var operations = new ArrayList<Operation>();
    document
        .path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue().properties().stream()
                    .filter(entry -> METHODS.contains(entry.getKey()))
                    .forEach(
                        entry ->
                            operations.add(
                                operation(path.getKey(), entry.getKey(), entry.getValue()))));
    return new AdminContract(document, List.copyOf(operations));
  }

  private static Operation operation(String path, String method, JsonNode said) {
    var roles = new TreeSet<String>();
    said.path("x-roles").forEach(role -> roles.add(role.asText()));
    return new Operation(
        said.path("operationId").asText(),
        method.toUpperCase(Locale.ROOT),
        path,
        roles,
        said.path("responses"));
  }

  Operation operation(String id) {
    return operations.stream()
        .filter(operation -> operation.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no operation is called " + id));
  }

  /**
   * Where a reply departs from what is promised, and how; empty when it does not.
   *
   * @param mediaType without parameters
   */
  List<String> faults(Operation operation, int status, String mediaType, String body)
      throws IOException {
    JsonNode promised = resolved(operation.responses().path(Integer.toString(status)));
    if (promised.isMissingNode()) {
      return List.of(operation + " may not answer " + status);
    }
    JsonNode content = promised.path("content");
    if (content.isMissingNode()) {
      return body.isEmpty() ? List.of() : List.of(operation + " has a body with " + status);
    }
    if (!content.has(mediaType)) {
      return List.of(operation + " may not answer " + status + " as '" + mediaType + "'");
    }
    if (!mediaType.equals("application/json")) {
      return List.of();
    }
    return faults(content.path(mediaType).path("schema"), JSON.readTree(body)).stream()
        .map(fault -> operation + " " + status + ": " + fault)
        .toList();
  }

  private JsonNode resolved(JsonNode node) {
    @Nullable JsonNode reference = node.get("$ref");
    return reference == null ? node : document.at(reference.asText().substring(1));
  }

  private List<String> faults(JsonNode schema, JsonNode value) {
    ObjectNode root = JSON.createObjectNode();
    root.set("components", document.get("components"));
    root.putArray("allOf").add(schema);
    return JsonSchemaFactory.getInstance(VersionFlag.V202012)
        .getSchema(root)
        .validate(value)
        .stream()
        .map(Object::toString)
        .toList();
  }
}
