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
import io.modelgate.application.chat.ListModels;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.Replies;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/**
 * {@code GET /v1/models} and {@code GET /v1/models/{id}}.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/models">OpenAI: models</a>
 */
final class ModelsService implements HttpService {
  private static final String PATH = "/v1/models";
  private static final String ALLOWED = "GET, HEAD";
  private final Callers callers;
  private final ListModels models;
  private final ApiErrors errors;

  ModelsService(Callers callers, ListModels models, ApiErrors errors) {
    this.callers = callers;
    this.models = models;
    this.errors = errors;
  }

  @Override
  public void routing(HttpRules rules) {
    var reading = Method.predicate(Method.GET, Method.HEAD);
    rules.route(reading, PathMatchers.create(PATH), this::list);
    rules.route(reading, PathMatchers.create(PATH + "/*"), this::one);
    rules.any(PATH, (request, response) -> errors.refuseMethod(request, response, ALLOWED));
    rules.any(PATH + "/*", (request, response) -> errors.refuseMethod(request, response, ALLOWED));
  }

  private void list(ServerRequest request, ServerResponse response) {
    switch (callers.admit(request, response)) {
      case Admission.Denied(Refusal refusal) ->
          errors.refuse(request, response, OpenAiErrors.of(refusal));
      case Admission.Granted(ApiKey caller) -> {
        ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        models.handle(caller.terms().scope()).forEach(route -> data.add(json(route)));
        send(request, response, list);
      }
    }
  }

  /** Everything after the first slash is the id, whose own slashes may come raw or as %2F. */
  private void one(ServerRequest request, ServerResponse response) {
    switch (callers.admit(request, response)) {
      case Admission.Denied(Refusal refusal) ->
          errors.refuse(request, response, OpenAiErrors.of(refusal));
      case Admission.Granted(ApiKey caller) -> {
        String raw = request.path().absolute().rawPath().substring(PATH.length() + 1);
        String id = URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
        if (!caller.terms().scope().covers(id)) {
          errors.refuse(request, response, OpenAiErrors.of(new Refusal.ModelNotAllowed(id)));
          return;
        }
        models
            .handle(id)
            .ifPresentOrElse(
                route -> send(request, response, json(route)),
                () ->
                    errors.refuse(
                        request, response, OpenAiErrors.of(new Refusal.UnknownModel(id))));
      }
    }
  }

  private static ObjectNode json(ModelRoute route) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", route.name().value())
        .put("object", "model")
        .put("created", route.createdAt().getEpochSecond())
        .put("owned_by", route.targets().getFirst().backend().wireName());
  }

  private static void send(ServerRequest request, ServerResponse response, ObjectNode body) {
    Replies.json(request, response, body.toString().getBytes(StandardCharsets.UTF_8));
  }
}
