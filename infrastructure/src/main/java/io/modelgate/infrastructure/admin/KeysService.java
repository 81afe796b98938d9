package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.admin.IssueApiKey.Issued;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.infrastructure.server.ApiError;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/keys}. */
final class KeysService implements HttpService {
  private final AdminGate gate;
  private final AdminApi.Keys keys;
  private final InstantSource clock;

  KeysService(AdminGate gate, AdminApi.Keys keys, InstantSource clock) {
    this.gate = gate;
    this.keys = keys;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/", gate.open(this::list))
        .post("/", gate.withBody(this::issue))
        .any("/", gate.allowing("GET, POST"))
        .get("/{id}", gate.open(this::show))
        .patch("/{id}", gate.withBody(this::change))
        .delete("/{id}", gate.open(this::remove))
        .any("/{id}", gate.allowing("GET, PATCH, DELETE"));
  }

  private void list(ServerRequest request, ServerResponse response) {
    AdminReplies.sendAll(request, response, keys.all().all(), this::json);
  }

  private void issue(JsonFields body, ServerRequest request, ServerResponse response) {
    Issued issued = keys.issue().handle(KeyFields.of(body).toIssue(clock.instant()));
    response.header(HeaderNames.LOCATION, AdminApi.PATH + "/api/keys/" + issued.key().id());
    AdminReplies.send(request, response, Status.CREATED_201, json(issued.key(), issued.secret()));
  }

  private void show(ServerRequest request, ServerResponse response) {
    ApiKey key = keys.all().byId(id(request)).orElseThrow(KeysService::unknown);
    AdminReplies.send(request, response, Status.OK_200, json(key));
  }

  private void change(JsonFields body, ServerRequest request, ServerResponse response) {
    KeyFields fields = KeyFields.of(body);
    ApiKey key =
        keys.change().handle(id(request), fields::applyTo).orElseThrow(KeysService::unknown);
    AdminReplies.send(request, response, Status.OK_200, json(key));
  }

  private void remove(ServerRequest request, ServerResponse response) {
    if (!keys.all().remove(id(request))) {
      throw unknown();
    }
    response.status(Status.NO_CONTENT_204).send();
  }

  private static KeyId id(ServerRequest request) {
    try {
      return new KeyId(request.path().pathParameters().get("id"));
    } catch (IllegalArgumentException _) {
      throw unknown();
    }
  }

  private static Rejected unknown() {
    return new Rejected(
        ApiError.invalidRequest(404, "there is no key of this id").withCode("key_not_found"));
  }

  /** A key as it is shown everywhere. */
  ObjectNode json(ApiKey key) {
    return json(key, null);
  }

  private ObjectNode json(ApiKey key, @Nullable String secret) {
    ObjectNode json = AdminReplies.object().put("id", key.id().value()).put("name", key.name());
    QuotaStanding standing = keys.quotas().standing(key.id(), key.quota(), clock.instant());
    if (secret != null) {
      json.put("key", secret);
    }
    return json.put("key_prefix", key.prefix())
        .put("status", AdminReplies.status(key.enabled()))
        .put("enabled", key.enabled())
        .put("rpm", key.limits().rpm())
        .put("burst", key.limits().burstInForce())
        .put("tpm", key.limits().tpm())
        .put("max_concurrent", key.limits().maxConcurrent())
        .put("tier", key.tier().wireName())
        .put("quota_tokens", key.quota().limit())
        .put("quota_period", key.quota().period().wireName())
        .put("used_tokens", standing.used())
        .put("reserved_tokens", standing.reserved())
        .put("quota_resets_at", standing.resetsAt() == null ? null : standing.resetsAt().toString())
        .put("expires_at", key.expiresAt() == null ? null : key.expiresAt().toString())
        .put("created_at", key.createdAt().toString())
        .put("updated_at", key.updatedAt().toString());
  }
}
