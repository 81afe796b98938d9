package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;
import io.modelgate.infrastructure.upstream.RunningCount.Piece;
import java.util.List;

/**
 * Carries a reply that is not streamed: read to its end, and held whole for the use case to end.
 */
final class WholeRelay implements Relay {
  private final CallPlan plan;
  private final Exchange exchange;
  private final int maxBytes;
  private final Tokenizer.Counter counter;
  private final ReplySink sink;

  WholeRelay(
      CallPlan plan, Exchange exchange, int maxBytes, Tokenizer.Counter counter, ReplySink sink) {
    this.plan = plan;
    this.exchange = exchange;
    this.maxBytes = maxBytes;
    this.counter = counter;
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
    ReplyPeek peek = ReplyPeek.withoutText(body, all);
    if (peek.isError()) {
      throw new CallFailed(ErrorReader.of(plan, exchange).report(body, all));
    }
    Metered usage = usage(peek, body);
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

  private Metered usage(ReplyPeek peek, byte[] body) throws CallFailed {
    TokenUsage told = peek.usage() == null ? TokenUsage.NONE : peek.usage();
    boolean ofFirstAlone = plan.to().backend() == BackendKind.LLAMACPP && peek.choices().size() > 1;
    TokenUsage known = ofFirstAlone ? promptOnly(told) : told;
    boolean isCounted = known.completion() > 0 || peek.choices().isEmpty();
    List<Piece> generated =
        isCounted ? List.of() : ReplyPeek.of(body, new Span(0, body.length)).pieces();
    return new MissingCounts(plan.call(), counter, UsageSource.TOKENIZER).fill(known, generated);
  }

  /** llama-server counts the first choice alone, and its prompt. */
  private TokenUsage promptOnly(TokenUsage told) {
    boolean onePrompt = plan.call().body().prompt().count() == 1;
    return new TokenUsage(onePrompt ? told.prompt() : 0, 0, told.cached(), 0);
  }
}
