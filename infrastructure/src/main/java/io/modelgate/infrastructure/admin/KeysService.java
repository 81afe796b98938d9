package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.admin.IssueApiKey.Issued;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.server.ApiError;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/keys}. */
final class KeysService implements HttpService {
  private static final int MOST_AT_ONCE = 1_000;
  private static final List<String> ACTIONS = List.of("enable", "disable", "delete");

  private final AdminGate gate;
  private final AdminApi.Keys keys;
  private final KeyJson json;
  private final InstantSource clock;

  KeysService(AdminGate gate, AdminApi.Keys keys, KeyJson json, InstantSource clock) {
    this.gate = gate;
    this.keys = keys;
    this.json = json;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/", gate.open(this::list))
        .post("/", gate.withBody(this::issue))
        .any("/", gate.allowing("GET, POST"))
        .post("/bulk", gate.withBody(this::changeMany))
        .any("/bulk", gate.allowing("POST"))
        .get("/{id}", gate.open(this::show))
        .patch("/{id}", gate.withBody(this::change))
        .delete("/{id}", gate.open(this::remove))
        .any("/{id}", gate.allowing("GET, PATCH, DELETE"))
        .post("/{id}/rotate", gate.withBody(this::rotate))
        .any("/{id}/rotate", gate.allowing("POST"))
        .post("/{id}/reset-usage", gate.open(this::resetUsage))
        .any("/{id}/reset-usage", gate.allowing("POST"));
  }

  private void list(ServerRequest request, ServerResponse response) {
    KeyListing.Page page =
        KeyListing.of(request)
            .of(keys.all().all(), keys.quotas(), keys.lastUses(), clock.instant());
    ObjectNode body = AdminReplies.object();
    ArrayNode data = body.putArray("data");
    page.keys().forEach(key -> data.add(json.of(key)));
    AdminReplies.send(
        request, response, Status.OK_200, body.put("next", page.next()).put("total", page.total()));
  }

  private void issue(JsonFields body, ServerRequest request, ServerResponse response) {
    KeyFields fields = KeyFields.of(body);
    Issued issued =
        keys.issue()
            .handle(
                fields.nameOfNew(),
                terms -> fields.issue(terms, clock.instant()),
                Login.author(request));
    response.header(HeaderNames.LOCATION, AdminApi.PATH + "/api/keys/" + issued.key().id());
    send(request, response, Status.CREATED_201, issued);
  }

  private void show(ServerRequest request, ServerResponse response) {
    send(request, response, keys.all().byId(id(request)).orElseThrow(KeysService::unknown));
  }

  private void change(JsonFields body, ServerRequest request, ServerResponse response) {
    KeyFields fields = KeyFields.of(body);
    send(
        request,
        response,
        keys.change()
            .handle(
                id(request),
                Versions.guarded(request, key -> key.on(fields::applyTo)),
                Login.author(request))
            .orElseThrow(KeysService::unknown));
  }

  private void remove(ServerRequest request, ServerResponse response) {
    KeyId id = id(request);
    refuseBuiltIn(id);
    if (keys.change().delete(List.of(id), Login.author(request)).isEmpty()) {
      throw unknown();
    }
    response.status(Status.NO_CONTENT_204).send();
  }

  private void changeMany(JsonFields body, ServerRequest request, ServerResponse response) {
    body.allowOnly(List.of("ids", "action"));
    Set<KeyId> ids =
        body.value("ids", "a list of 1 to 1000 ids of keys", KeysService::ids)
            .orElseThrow(() -> body.missing("ids", "the ids of the keys"));
    String action =
        body.value(
                "action",
                "one of " + String.join(", ", ACTIONS),
                node -> ACTIONS.contains(node.textValue()) ? node.textValue() : null)
            .orElseThrow(() -> body.missing("action", "one of " + String.join(", ", ACTIONS)));
    Author author = Login.author(request);
    Set<KeyId> changed =
        switch (action) {
          case "delete" -> keys.change().delete(ids, author);
          default -> keys.change().enable(ids, action.equals("enable"), author);
        };
    ObjectNode reply = AdminReplies.object();
    ArrayNode done = reply.putArray("changed");
    ArrayNode missing = reply.putArray("missing");
    ids.forEach(id -> (changed.contains(id) ? done : missing).add(id.value()));
    AdminReplies.send(request, response, Status.OK_200, reply);
  }

  private void rotate(JsonFields body, ServerRequest request, ServerResponse response) {
    Duration grace = Grace.of(body);
    KeyId id = id(request);
    refuseBuiltIn(id);
    send(
        request,
        response,
        Status.OK_200,
        keys.issue().rotate(id, grace, Login.author(request)).orElseThrow(KeysService::unknown));
  }

  private void resetUsage(ServerRequest request, ServerResponse response) {
    send(
        request,
        response,
        keys.reset().handle(id(request), Login.author(request)).orElseThrow(KeysService::unknown));
  }

  private void send(ServerRequest request, ServerResponse response, ApiKey key) {
    Versions.put(response, key);
    AdminReplies.send(request, response, Status.OK_200, json.of(key));
  }

  private void send(ServerRequest request, ServerResponse response, Status status, Issued issued) {
    Versions.put(response, issued.key());
    AdminReplies.send(request, response, status, json.of(issued.key()).put("key", issued.secret()));
  }

  private static @Nullable Set<KeyId> ids(JsonNode node) {
    if (!node.isArray() || node.isEmpty() || node.size() > MOST_AT_ONCE) {
      return null;
    }
    Set<KeyId> ids = new LinkedHashSet<>();
    for (JsonNode element : node) {
      String text = element.textValue();
      if (text == null || text.isEmpty() || text.length() > KeyId.MAX_LENGTH) {
        return null;
      }
      ids.add(new KeyId(text));
    }
    return ids;
  }

  private static KeyId id(ServerRequest request) {
    try {
      return new KeyId(request.path().pathParameters().get("id"));
    } catch (IllegalArgumentException _) {
      throw unknown();
    }
  }

  private static void refuseBuiltIn(KeyId id) {
    if (id.equals(ApiKey.PLAYGROUND)) {
      throw new Rejected(
          ApiError.invalidRequest(409, "this key is part of the gateway; it can be disabled")
              .withCode("built_in_key"));
    }
  }

  private static Rejected unknown() {
    return new Rejected(
        ApiError.invalidRequest(404, "there is no key of this id").withCode("key_not_found"));
  }
}
