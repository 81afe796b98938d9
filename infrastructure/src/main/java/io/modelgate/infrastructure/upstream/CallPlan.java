package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.client.Origin;
import io.modelgate.infrastructure.json.JsonText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call as it is to be made: the route's own words, else the adapter's.
 *
 * @param timeout patience with each phase of it
 * @param left of that for the reply's head, where other attempts took of it
 * @param call as it came
 * @param credential what opens the backend, in the header that the adapter names
 * @param budget how much may be generated
 * @param usageEdit what asks for usage where the client did not; null when nothing is to be asked
 */
record CallPlan(
    Destination to,
    ChatCall call,
    OutputBudget budget,
    BaseUrl baseUrl,
    @Nullable Credential credential,
    Duration timeout,
    Duration left,
    @Nullable Edit usageEdit,
    UpstreamSettings.Adapter adapter) {

  static CallPlan of(
      Destination to,
      ChatCall call,
      OutputBudget budget,
      BaseUrl baseUrl,
      UpstreamSettings.Adapter adapter,
      Duration usualTimeout) {
    ModelRoute route = to.route();
    Credential credential = to.target().credential();
    Duration timeout = route.timeout() == null ? usualTimeout : route.timeout();
    StreamUsage usage = route.streamUsage() == null ? adapter.streamUsage() : route.streamUsage();
    return new CallPlan(
        to,
        call,
        budget,
        baseUrl,
        credential == null ? adapter.credential() : credential,
        timeout,
        timeout.minus(budget.spent()),
        usage == StreamUsage.ASK ? call.body().askForUsage() : null,
        adapter);
  }

  Origin origin() {
    return Origin.of(baseUrl, adapter.proxy());
  }

  /** How many choices each prompt is to have. */
  long choicesPerPrompt() {
    return call.body().bounds().choicesPerPrompt();
  }

  /**
   * The body to send: the client's, with at most the model's name, the usage option and the bounds
   * of the reply changed.
   */
  byte[] body() {
    RequestBody body = call.body();
    List<Edit> edits = new ArrayList<>(4);
    if (to.isAlias()) {
      edits.add(new Edit(body.modelAt(), JsonText.quote(to.upstreamName())));
    }
    if (usageEdit != null) {
      edits.add(usageEdit);
    }
    Long cap = budget.cap();
    if (cap != null) {
      edits.addAll(BoundRules.of(to.backend(), call.endpoint()).keepingTo(cap, body));
    }
    edits.sort(Comparator.comparingInt(edit -> edit.at().start()));
    return Edit.apply(body.bytes(), edits);
  }

  /** Whether the event with the usage alone is for the gateway, not for the client. */
  boolean hidesUsage() {
    return usageEdit != null && !call.body().usageAsked();
  }

  /** What gives the client's own name back to the model in a reply. */
  List<Edit> restoring(List<Span> models) {
    if (!to.isAlias()) {
      return List.of();
    }
    byte[] name = JsonText.quote(to.asked().value());
    return models.stream().map(model -> new Edit(model, name)).toList();
  }
}
