package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.function.Supplier;

/** {@code /admin/api/settings}: for reading; the file and the environment are where to write. */
final class SettingsService implements HttpService {
  private final AdminGate gate;
  private final Supplier<AdminApi.Settings> settings;

  SettingsService(AdminGate gate, Supplier<AdminApi.Settings> settings) {
    this.gate = gate;
    this.settings = settings;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/", gate.open(this::show)).any("/", gate.allowing("GET"));
  }

  private void show(ServerRequest request, ServerResponse response) {
    AdminApi.Settings now = settings.get();
    ObjectNode body = AdminReplies.object();
    ArrayNode data = body.putArray("data");
    now.all().forEach(setting -> data.add(json(setting)));
    body.put("file", now.file()).put("loaded_at", now.loadedAt().toString());
    ArrayNode faults = body.putArray("faults");
    now.faults().forEach(faults::add);
    AdminReplies.send(request, response, Status.OK_200, body);
  }

  private static ObjectNode json(AdminApi.Setting setting) {
    ObjectNode json =
        AdminReplies.object()
            .put("key", setting.key())
            .put("value", setting.value())
            .put("default", setting.defaultValue())
            .put("origin", setting.origin())
            .put("applies", setting.applies());
    AdminApi.Pending pending = setting.pending();
    return pending == null ? json : json.put("pending", pending.value());
  }
}
