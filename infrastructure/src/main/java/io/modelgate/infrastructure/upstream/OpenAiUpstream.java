package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Exchange;

/** Calls the backends of one kind that speaks OpenAI's API. Thread-safe. */
final class OpenAiUpstream implements KindUpstream {
  private final BackendKind kind;
  private final BackendCalls calls;

  OpenAiUpstream(BackendKind kind, BackendCalls calls) {
    this.kind = kind;
    this.calls = calls;
  }

  @Override
  public OutputDemand demand(Destination to, ChatCall call) {
    return BoundRules.of(kind, call.endpoint()).demand(call);
  }

  @Override
  public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink) {
    try {
      CallPlan plan = calls.plan(to, call, budget);
      String accept = call.body().stream() ? "text/event-stream" : "application/json";
      byte[] request =
          RequestBytes.post(
              plan,
              call.endpoint().path(),
              call.headers().getOrDefault("accept", accept),
              plan.body());
      return calls.send(
          plan, request, sink, (exchange, head) -> relay(plan, exchange, sink).relay(head));
    } catch (CallFailed e) {
      return new Delivery.NoReply(e.failure());
    }
  }

  private Relay relay(CallPlan plan, Exchange exchange, ReplySink sink) {
    return plan.call().body().stream()
        ? new StreamRelay(plan, exchange, calls.maxReplyBytes(), calls.counter(plan), sink)
        : new WholeRelay(plan, exchange, calls.maxReplyBytes(), calls.counter(plan), sink);
  }
}
