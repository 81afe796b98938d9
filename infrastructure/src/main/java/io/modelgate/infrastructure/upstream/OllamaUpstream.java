package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.infrastructure.client.CallFailed;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;

/**
 * Calls Ollama through its native API, which does more than its OpenAI-shaped one: it takes the
 * context's length, and it can be told to refuse a prompt that does not fit. Left to itself it
 * drops the oldest messages and says nothing; so it is asked to refuse first, and only then to
 * shorten, and the reply is marked. Thread-safe.
 *
 * <p>Of {@code truncate} and {@code shift} only the first is used for that: changing the second
 * makes Ollama load the model anew.
 */
final class OllamaUpstream implements KindUpstream {
  private final BackendCalls calls;
  private final InstantSource clock;

  OllamaUpstream(BackendCalls calls, InstantSource clock) {
    this.calls = calls;
    this.clock = clock;
  }

  /** What OpenAI names counts before what Ollama does. */
  @Override
  public OutputDemand demand(Destination to, ChatCall call) {
    OutputDemand demand = BoundRules.of(BackendKind.OLLAMA, call.endpoint()).demand(call);
    Long tokens = call.body().bounds().tokens();
    return tokens == null || demand.sequences() == 0
        ? demand
        : new OutputDemand(demand.sequences(), Math.max(1, tokens));
  }

  @Override
  public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink) {
    try {
      CallPlan plan = calls.plan(to, call, budget);
      return send(plan, OllamaRequest.of(call, to.upstreamName()).keptTo(budget.cap()), sink);
    } catch (CallFailed e) {
      return new Delivery.NoReply(e.failure());
    }
  }

  private Delivery send(CallPlan plan, OllamaRequest request, ReplySink sink) {
    if (request.saysWhetherToTruncate()) {
      return send(OllamaAttempt.first(plan, request), sink);
    }
    long began = System.nanoTime();
    Delivery first = send(OllamaAttempt.first(plan, request.refusingWhatDoesNotFit()), sink);
    if (!isTooLong(first)) {
      return first;
    }
    var waited = Duration.ofNanos(System.nanoTime() - began);
    return send(new OllamaAttempt(plan, request, true, waited), sink);
  }

  private static boolean isTooLong(Delivery delivery) {
    return delivery instanceof Delivery.NoReply(UpstreamFailure.Rejected rejected)
        && "context_length_exceeded".equals(rejected.error().code());
  }

  private Delivery send(OllamaAttempt attempt, ReplySink sink) {
    ChatCall call = attempt.plan().call();
    var shapes = new OpenAiShapes(call, UUID.randomUUID().toString(), clock.instant());
    int max = calls.maxReplyBytes();
    return calls.send(
        attempt.plan(),
        attempt.bytes(),
        sink,
        (exchange, head) ->
            call.body().stream()
                ? new OllamaStream(
                        attempt, exchange, shapes, max, calls.counter(attempt.plan()), sink)
                    .receive(head)
                : new OllamaWhole(attempt, shapes, max, calls.counter(attempt.plan()), sink)
                    .receive(exchange, head));
  }
}
