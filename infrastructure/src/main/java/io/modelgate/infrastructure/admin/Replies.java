package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/** Sends JSON. */
final class Replies {
  private Replies() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static String status(boolean enabled) {
    return enabled ? "active" : "disabled";
  }

  static void send(ServerResponse response, Status status, JsonNode body) {
    response.status(status);
    response.header(HeaderValues.CONTENT_TYPE_JSON);
    response.send(body.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** {@code {"data":[…]}}. */
  static <T> void sendAll(ServerResponse response, List<T> items, Function<T, ObjectNode> json) {
    ArrayNode data = JsonNodeFactory.instance.arrayNode();
    items.forEach(item -> data.add(json.apply(item)));
    ObjectNode body = object();
    body.set("data", data);
    send(response, Status.OK_200, body);
  }
}
