package io.modelgate.infrastructure.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Method;
import io.helidon.http.PathMatchers;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.chat.AdmitCaller.Admission;
import io.modelgate.application.chat.ShowUsage;
import io.modelgate.application.port.ModelUse;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.Refusal;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.Replies;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /v1/usage}: what the caller's key may use, and has used. */
final class UsageService implements HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(UsageService.class);
  private static final String PATH = "/v1/usage";

  private final Callers callers;
  private final ShowUsage showUsage;
  private final ApiErrors errors;

  UsageService(Callers callers, ShowUsage showUsage, ApiErrors errors) {
    this.callers = callers;
    this.showUsage = showUsage;
    this.errors = errors;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.route(Method.predicate(Method.GET, Method.HEAD), PathMatchers.create(PATH), this::show);
    rules.any(PATH, (request, response) -> errors.refuseMethod(request, response, "GET, HEAD"));
  }

  private void show(ServerRequest request, ServerResponse response) {
    switch (callers.admit(request, response)) {
      case Admission.Denied(Refusal refusal) ->
          errors.refuse(request, response, OpenAiErrors.of(refusal));
      case Admission.Granted(ApiKey caller) -> show(caller, request, response);
    }
  }

  private void show(ApiKey caller, ServerRequest request, ServerResponse response) {
    ShowUsage.Report report;
    try {
      report = showUsage.handle(caller);
    } catch (StoreUnavailable e) {
      LOG.warn("the usage of a key cannot be read", e);
      errors.send(request, response, OpenAiErrors.of(new Refusal.UsageUnavailable()));
      return;
    }
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.set("quota", quota(report.quota()));
    body.set("limits", limits(caller.terms().limits()));
    body.set("today", sum(report.today()));
    ArrayNode period = body.putArray("period");
    report.period().forEach(use -> period.add(put(use(use.model()), use)));
    Replies.json(request, response, body.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode quota(QuotaStanding standing) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("limit", standing.quota().limit())
        .put("used", standing.used())
        .put("reserved", standing.reserved())
        .put("left", standing.left())
        .put("period", standing.quota().period().wireName())
        .put("resets_at", standing.resetsAt() == null ? null : standing.resetsAt().toString());
  }

  private static ObjectNode limits(RateLimits limits) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("rpm", limits.rpm())
        .put("burst", limits.burstInForce())
        .put("tpm", limits.tpm())
        .put("max_concurrent", limits.maxConcurrent());
  }

  private static ObjectNode sum(List<ModelUse> uses) {
    long calls = uses.stream().mapToLong(ModelUse::calls).sum();
    long prompt = uses.stream().mapToLong(ModelUse::promptTokens).sum();
    long completion = uses.stream().mapToLong(ModelUse::completionTokens).sum();
    return put(
        JsonNodeFactory.instance.objectNode(), new ModelUse("all", calls, prompt, completion));
  }

  private static ObjectNode use(String model) {
    return JsonNodeFactory.instance.objectNode().put("model", model);
  }

  private static ObjectNode put(ObjectNode into, ModelUse use) {
    return into.put("requests", use.calls())
        .put("prompt_tokens", use.promptTokens())
        .put("completion_tokens", use.completionTokens())
        .put("total_tokens", use.totalTokens());
  }
}
