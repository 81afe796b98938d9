package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.admin.IssueApiKey.Issued;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitStanding.Allowance;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.server.ApiError;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * {@code /admin/api/me} and {@code /admin/api/playground}: what belongs to whoever is logged in. Of
 * the admin that is the key of the playground.
 */
final class MeService implements HttpService {
  /** Or else who found a secret that is being replaced could take the key from its owner. */
  private static final ApiError FORMER_SECRET =
      new ApiError(
          403,
          "this secret was replaced and works for a while only; rotate with the new one",
          "permission_error",
          null,
          "former_secret");

  private final AdminGate gate;
  private final AdminApi.Keys keys;
  private final AdminApi.Calls calls;
  private final Sessions sessions;
  private final InstantSource clock;

  MeService(
      AdminGate gate,
      AdminApi.Keys keys,
      AdminApi.Calls calls,
      Sessions sessions,
      InstantSource clock) {
    this.gate = gate;
    this.keys = keys;
    this.calls = calls;
    this.sessions = sessions;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/me", gate.openToHolders(this::show))
        .any("/me", gate.allowing("GET"))
        .get("/me/models", gate.openToHolders(this::listModels))
        .any("/me/models", gate.allowing("GET"))
        .post("/me/rotate", gate.withBodyForHolders(this::rotate))
        .any("/me/rotate", gate.allowing("POST"))
        .post("/playground/chat/completions", gate.passing(this::chat))
        .any("/playground/chat/completions", gate.allowing("POST"));
  }

  private ApiKey own(ServerRequest request) {
    return switch (Login.of(request)) {
      case Login.Admin _ -> keys.issue().playground();
      case Login.Holder(ApiKey key, _) -> key;
    };
  }

  private void show(ServerRequest request, ServerResponse response) {
    AdminReplies.send(request, response, Status.OK_200, json(own(request)));
  }

  private void listModels(ServerRequest request, ServerResponse response) {
    AdminReplies.sendAll(
        request,
        response,
        calls.models().handle(own(request).terms().scope()),
        route -> AdminReplies.object().put("name", route.name().value()));
  }

  private void rotate(JsonFields body, ServerRequest request, ServerResponse response) {
    if (!(Login.of(request) instanceof Login.Holder(ApiKey key, boolean byFormerSecret))) {
      throw new Rejected(
          new ApiError(
              403,
              "this is for the holder of an API key; the admin key is replaced by POST"
                  + " /admin/api/admin-key/rotate",
              "permission_error",
              null,
              "key_only"));
    }
    if (byFormerSecret) {
      throw new Rejected(FORMER_SECRET);
    }
    Duration grace = Grace.of(body);
    Issued issued =
        keys.issue().rotate(key.id(), grace, Login.author(request)).orElseThrow(MeService::gone);
    SessionCookie.of(request)
        .ifPresent(cookie -> sessions.reopen(cookie, SecretHash.of(issued.secret())));
    AdminReplies.send(
        request,
        response,
        Status.OK_200,
        AdminReplies.object()
            .put("key", issued.secret())
            .put("key_prefix", issued.key().secret().prefix())
            .put(
                "old_works_until",
                KeyJson.textOf(issued.key().secret().formerWorksUntil(clock.instant()))));
  }

  private void chat(ServerRequest request, ServerResponse response) {
    ApiKey key = own(request);
    if (key.standing(clock.instant()) != ApiKey.Standing.GOOD) {
      throw new Rejected(
          new ApiError(
              403,
              "the key admin-playground is disabled; enable it to call from here",
              "permission_error",
              null,
              "key_disabled"));
    }
    calls.chat().serve(key, request, response);
  }

  private static Rejected gone() {
    return new Rejected(
        ApiError.invalidRequest(404, "this key was deleted a moment ago")
            .withCode("key_not_found"));
  }

  private ObjectNode json(ApiKey key) {
    Instant now = clock.instant();
    KeyTerms terms = key.terms();
    LimitStanding limits = calls.limits().standing(key.id(), terms.limits());
    ObjectNode json =
        AdminReplies.object()
            .put("id", key.id().value())
            .put("name", terms.name())
            .put("key_prefix", key.secret().prefix())
            .put("tier", terms.tier().wireName())
            .put("expires_at", KeyJson.textOf(terms.expiresAt()))
            .put("quota_period", terms.quota().period().wireName())
            .put("max_concurrent", terms.limits().maxConcurrent())
            .put("running", limits.running())
            .put("default_model", terms.scope().defaultModel())
            .put("old_works_until", KeyJson.textOf(key.secret().formerWorksUntil(now)))
            .put("base_path", "/v1");
    json.set("requests_per_minute", allowance(limits.requests(), now));
    json.set("tokens_per_minute", allowance(limits.tokens(), now));
    json.set("quota", quota(keys.quotas().standing(key.id(), terms.quota(), now)));
    KeyJson.putList(json, "allowed_models", terms.scope().models());
    return json;
  }

  private static @Nullable ObjectNode allowance(@Nullable Allowance of, Instant now) {
    return of == null
        ? null
        : allowance(of.limit(), of.remaining(), of.reset() == null ? null : now.plus(of.reset()));
  }

  private static @Nullable ObjectNode quota(QuotaStanding standing) {
    Long limit = standing.quota().limit();
    Long left = standing.left();
    return limit == null || left == null ? null : allowance(limit, left, standing.resetsAt());
  }

  private static ObjectNode allowance(long limit, long remaining, @Nullable Instant resetsAt) {
    return AdminReplies.object()
        .put("limit", limit)
        .put("remaining", remaining)
        .put("resets_at", KeyJson.textOf(resetsAt));
  }
}
