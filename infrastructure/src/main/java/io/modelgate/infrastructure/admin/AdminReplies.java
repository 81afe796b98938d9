package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.Replies;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/** What the replies about keys and about models have in common. */
final class AdminReplies {
  private AdminReplies() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static String status(boolean enabled) {
    return enabled ? "active" : "disabled";
  }

  static void send(ServerRequest request, ServerResponse response, Status status, JsonNode body) {
    response.status(status);
    Replies.json(request, response, body.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** {@code {"data":[…]}}. */
  static <T> void sendAll(
      ServerRequest request, ServerResponse response, List<T> items, Function<T, ObjectNode> json) {
    ArrayNode data = JsonNodeFactory.instance.arrayNode();
    items.forEach(item -> data.add(json.apply(item)));
    ObjectNode body = object();
    body.set("data", data);
    send(request, response, Status.OK_200, body);
  }
}
