package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.admin.ChangeRoutes.Added;
import io.modelgate.application.admin.ChangeRoutes.AddressRefused;
import io.modelgate.application.admin.ChangeRoutes.Changed;
import io.modelgate.application.admin.ChangeRoutes.NameTaken;
import io.modelgate.application.admin.ChangeRoutes.NoFallback;
import io.modelgate.application.admin.ChangeRoutes.NotServed;
import io.modelgate.application.admin.ChangeRoutes.NotThere;
import io.modelgate.application.admin.SyncModels.Difference;
import io.modelgate.application.admin.TestModel.Finding;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.infrastructure.server.ApiError;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/models}. */
final class ModelsService implements HttpService {
  private final AdminGate gate;
  private final AdminApi.Models models;

  ModelsService(AdminGate gate, AdminApi.Models models) {
    this.gate = gate;
    this.models = models;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/", gate.open(this::list))
        .post("/", gate.withBody(this::add))
        .any("/", gate.allowing("GET, POST"))
        .post("/sync", gate.open(this::sync))
        .any("/sync", gate.allowing("POST"))
        .post("/{id}/test", gate.open(this::test))
        .any("/{id}/test", gate.allowing("POST"))
        .get("/{id}", gate.open(this::show))
        .patch("/{id}", gate.withBody(this::change))
        .delete("/{id}", gate.open(this::remove))
        .any("/{id}", gate.allowing("GET, PATCH, DELETE"));
  }

  private void list(ServerRequest request, ServerResponse response) {
    AdminReplies.sendAll(request, response, models.all().all(), ModelsService::json);
  }

  private void add(JsonFields body, ServerRequest request, ServerResponse response) {
    switch (models.change().add(ModelFields.of(body).toAdd(), Login.author(request))) {
      case Added(ModelRoute route) -> {
        response.header(HeaderNames.LOCATION, AdminApi.PATH + "/api/models/" + route.id());
        Versions.put(response, route);
        AdminReplies.send(request, response, Status.CREATED_201, json(route));
      }
      case NameTaken taken -> throw rejected(taken);
      case NotServed notServed -> throw rejected(notServed);
      case NoFallback(ModelName name) ->
          throw Rejected.field("fallback_models", "there is no model named '" + name + "'");
      case AddressRefused _ -> throw addressRefused();
    }
  }

  private void show(ServerRequest request, ServerResponse response) {
    send(request, response, models.all().byId(id(request)).orElseThrow(ModelsService::unknown));
  }

  private void change(JsonFields body, ServerRequest request, ServerResponse response) {
    ModelFields fields = ModelFields.of(body);
    switch (models
        .change()
        .change(id(request), Versions.guarded(request, fields::applyTo), Login.author(request))) {
      case Changed(ModelRoute route) -> send(request, response, route);
      case NotThere _ -> throw unknown();
      case NameTaken taken -> throw rejected(taken);
      case NotServed notServed -> throw rejected(notServed);
      case NoFallback(ModelName name) ->
          throw Rejected.field("fallback_models", "there is no model named '" + name + "'");
      case AddressRefused _ -> throw addressRefused();
    }
  }

  private void sync(ServerRequest request, ServerResponse response) throws InterruptedException {
    Query query = Query.of(request, Set.of("dry_run"));
    boolean dryRun =
        Objects.requireNonNullElse(
            query.oneOf("dry_run", List.of(true, false), String::valueOf), false);
    ObjectNode body = AdminReplies.object().put("dry_run", dryRun);
    ArrayNode data = body.putArray("data");
    for (Difference difference : models.sync().handle(dryRun, Login.author(request))) {
      UpstreamFailure failure = difference.failure();
      ObjectNode json =
          data.addObject()
              .put("backend", difference.kind().wireName())
              .put("base_url", textOf(difference.baseUrl()))
              .put("error", failure == null ? null : "the list of models: " + failure.word())
              .put("unchanged", difference.unchanged());
      put(json.putArray("added"), difference.added());
      put(json.putArray("removed"), difference.removed());
      put(json.putArray("changed"), difference.changed());
    }
    AdminReplies.send(request, response, Status.OK_200, body);
  }

  private void test(ServerRequest request, ServerResponse response) throws InterruptedException {
    ModelRoute route = models.all().byId(id(request)).orElseThrow(ModelsService::unknown);
    AdminReplies.sendAll(request, response, models.test().handle(route), ModelsService::finding);
  }

  private static ObjectNode finding(Finding finding) {
    Destination to = finding.to();
    Checkup checkup = finding.checkup();
    return AdminReplies.object()
        .put("backend", to.backend().wireName())
        .put("base_url", textOf(to.target().baseUrl()))
        .put("upstream_model", to.upstreamName())
        .put("health", checkup.health().wireName())
        .put("reason", checkup.reason())
        .put("latency_ms", checkup.took().toNanos() / 1e6)
        .put("offered", finding.offered());
  }

  private static void put(ArrayNode names, List<ModelName> of) {
    of.forEach(name -> names.add(name.value()));
  }

  private void remove(ServerRequest request, ServerResponse response) {
    if (!models.change().delete(id(request), Login.author(request))) {
      throw unknown();
    }
    response.status(Status.NO_CONTENT_204).send();
  }

  private static void send(ServerRequest request, ServerResponse response, ModelRoute route) {
    Versions.put(response, route);
    AdminReplies.send(request, response, Status.OK_200, json(route));
  }

  private static ModelId id(ServerRequest request) {
    try {
      return new ModelId(request.path().pathParameters().get("id"));
    } catch (IllegalArgumentException _) {
      throw unknown();
    }
  }

  private static Rejected unknown() {
    return new Rejected(
        ApiError.invalidRequest(
                404, "there is no model of this id; GET " + AdminApi.PATH + "/api/models lists all")
            .withCode("model_not_found"));
  }

  private static Rejected rejected(NameTaken taken) {
    return new Rejected(
        ApiError.invalidRequest(409, "there is a model named '" + taken.name() + "' already")
            .withParam("name")
            .withCode("model_exists"));
  }

  private static Rejected addressRefused() {
    return Rejected.field(
        "base_url",
        "'base_url' must be a URL whose host may be called: no address that is link-local or a cloud's"
            + " metadata service, and no unusual spelling of one; the setting"
            + " upstream.allowed-addresses can allow it");
  }

  private static Rejected rejected(NotServed notServed) {
    String available =
        notServed.served().stream()
            .sorted()
            .map(BackendKind::wireName)
            .collect(Collectors.joining(", "));
    String message =
        notServed.backend() == BackendKind.ECHO
            ? "backend 'echo' is switched off; set MG_DEMO=true (available: " + available + ")"
            : "backend '"
                + notServed.backend().wireName()
                + "' is not available in this version (available: "
                + available
                + ")";
    return Rejected.field("backend", message);
  }

  /** The first target stands beside the other fields, too: most models have but one. */
  private static ObjectNode json(ModelRoute route) {
    ObjectNode json =
        AdminReplies.object().put("id", route.id().value()).put("name", route.name().value());
    putPlace(json, route.targets().getFirst());
    ArrayNode targets = json.putArray("targets");
    route.targets().forEach(target -> put(targets.addObject(), target));
    put(json.putArray("fallback_models"), route.fallbacks());
    return json.put("timeout", route.timeout() == null ? null : Timeouts.write(route.timeout()))
        .put("stream_usage", route.streamUsage() == null ? null : route.streamUsage().wireName())
        .put("max_output_tokens", route.maxOutputTokens())
        .put("source", route.source().wireName())
        .put("status", AdminReplies.status(route.enabled()))
        .put("enabled", route.enabled())
        .put("created_at", route.createdAt().toString())
        .put("updated_at", route.updatedAt().toString());
  }

  private static void put(ObjectNode json, Target target) {
    putPlace(json, target);
    json.put("weight", target.weight()).put("priority", target.priority());
  }

  private static void putPlace(ObjectNode json, Target target) {
    json.put("backend", target.backend().wireName())
        .put("base_url", textOf(target.baseUrl()))
        .put("upstream_model", target.upstreamModel())
        .put("has_api_key", target.credential() != null);
  }

  private static @Nullable String textOf(@Nullable Object value) {
    return value == null ? null : value.toString();
  }
}
