package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.AuditTrail;
import io.modelgate.application.port.AuditTrail.Entry;
import io.modelgate.application.port.AuditTrail.Wish;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/audit}: who changed what. */
final class AuditService implements HttpService {
  private static final Set<String> PARAMETERS =
      Set.of("from", "to", "kind", "id", "limit", "after");
  private static final List<String> KINDS = List.of("key", "model", "admin_key");
  private static final int LONGEST_ID = 200;
  private static final JsonMapper JSON = new JsonMapper();

  private final AdminGate gate;
  private final AuditTrail audit;
  private final InstantSource clock;

  AuditService(AdminGate gate, AuditTrail audit, InstantSource clock) {
    this.gate = gate;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/", gate.open(this::list)).any("/", gate.allowing("GET"));
  }

  private void list(ServerRequest request, ServerResponse response) {
    Query query = Query.of(request, PARAMETERS);
    Query.Range range = query.openRange(ZoneOffset.UTC, clock.instant());
    var wish =
        new Wish(
            range.from(),
            range.to(),
            query.oneOf("kind", KINDS, kind -> kind),
            query.text("id", LONGEST_ID));
    Cursor after = query.after();
    int limit = query.limit();
    List<Entry> found = audit.page(wish, after == null ? null : after.number(0), limit + 1);
    List<Entry> page = found.size() > limit ? found.subList(0, limit) : found;
    ObjectNode body = AdminReplies.object();
    ArrayNode data = body.putArray("data");
    page.forEach(entry -> data.add(json(entry)));
    body.put(
        "next", found.size() > limit ? Cursor.create().with(page.getLast().number()).text() : null);
    AdminReplies.send(request, response, Status.OK_200, body);
  }

  private static ObjectNode json(Entry entry) {
    ObjectNode json =
        AdminReplies.object()
            .put("id", Long.toString(entry.number()))
            .put("time", entry.time().toString())
            .put("actor", entry.actor())
            .put("client_ip", entry.address())
            .put("action", entry.action())
            .put("kind", entry.kind())
            .put("object_id", entry.objectId())
            .put("object_name", entry.objectName());
    json.set("before", parsed(entry.before()));
    json.set("after", parsed(entry.after()));
    return json;
  }

  private static JsonNode parsed(@Nullable String json) {
    try {
      return json == null ? NullNode.instance : JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the store keeps JSON objects", e);
    }
  }
}
