package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Targets.EngineStanding;
import io.modelgate.application.port.Targets.TargetStanding;

/** {@code /admin/api/backends}: each engine that models stand on, and how it is. */
final class BackendsService implements HttpService {
  private final AdminGate gate;
  private final Targets targets;

  BackendsService(AdminGate gate, Targets targets) {
    this.gate = gate;
    this.targets = targets;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/", gate.open(this::list)).any("/", gate.allowing("GET"));
  }

  private void list(ServerRequest request, ServerResponse response) {
    AdminReplies.sendAll(request, response, targets.standings(), BackendsService::json);
  }

  private static ObjectNode json(EngineStanding standing) {
    ObjectNode json =
        AdminReplies.object()
            .put("backend", standing.engine().kind().wireName())
            .put(
                "base_url",
                standing.engine().baseUrl() == null ? null : standing.engine().baseUrl().toString())
            .put("health", standing.checkup().health().wireName())
            .put("reason", standing.checkup().reason())
            .put(
                "checked_at", standing.checkedAt() == null ? null : standing.checkedAt().toString())
            .put("latency_ms", standing.checkup().took().toNanos() / 1e6)
            .put("running", standing.running())
            .put("waiting", standing.waiting())
            .put("max_concurrent", standing.places());
    ArrayNode of = json.putArray("targets");
    standing.targets().forEach(target -> put(of.addObject(), target));
    return json;
  }

  private static void put(ObjectNode json, TargetStanding target) {
    json.put("model", target.destination().route().name().value())
        .put("target", target.destination().label())
        .put("upstream_model", target.destination().upstreamName())
        .put("weight", target.destination().target().weight())
        .put("priority", target.destination().target().priority())
        .put("breaker", target.breaker().wireName())
        .put("next_trial_ms", target.untilTrial().toMillis())
        .put("attempts", target.attempts())
        .put("failures", target.failures())
        .put("last_failure", target.lastFailure());
  }
}
