package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;

/**
 * Carries a reply that is not streamed: read to its end, and held whole for the use case to end.
 */
final class WholeRelay implements Relay {
  private final CallPlan plan;
  private final Exchange exchange;
  private final int maxBytes;
  private final ReplySink sink;

  WholeRelay(CallPlan plan, Exchange exchange, int maxBytes, ReplySink sink) {
    this.plan = plan;
    this.exchange = exchange;
    this.maxBytes = maxBytes;
    this.sink = sink;
  }

  @Override
  public Delivery relay(Deadline head) {
    try {
      return read(head.turnedTo(Phase.WHOLE));
    } catch (CallFailed e) {
      return new Delivery.NoReply(e.failure());
    }
  }

  private Delivery read(Deadline whole) throws CallFailed {
    if (exchange.mediaType().equals("text/event-stream")) {
      throw CallFailed.unintelligible("a stream, though none was asked for");
    }
    byte[] body = exchange.readWhole(maxBytes, whole);
    var all = new Span(0, body.length);
    ReplyPeek peek = ReplyPeek.of(body, all);
    if (peek.isError()) {
      throw new CallFailed(ErrorReader.of(plan, exchange).report(body, all));
    }
    TokenUsage usage = usage(peek);
    byte[] restored = Edit.apply(body, plan.restoring(peek.models()));
    ReplyHead head = Relay.head(exchange, "application/json");
    exchange.release();
    try {
      sink.open(head);
      return new Delivery.Complete(usage, restored);
    } catch (ClientGone _) {
      return new Delivery.Abandoned(usage);
    }
  }

  private TokenUsage usage(ReplyPeek peek) {
    TokenUsage told = peek.usage() == null ? TokenUsage.NONE : peek.usage();
    return plan.route().backend() == BackendKind.LLAMACPP
        ? FirstChoiceUsage.extrapolated(told, peek.choices(), plan.choicesPerPrompt())
        : told;
  }
}
