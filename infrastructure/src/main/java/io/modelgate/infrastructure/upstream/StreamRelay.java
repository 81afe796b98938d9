package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;
import io.modelgate.infrastructure.upstream.RunningCount.Piece;
import java.util.Arrays;
import java.util.List;

/**
 * Carries a stream: each event as soon as it is whole, byte for byte but for the few edits, and the
 * last one held.
 */
final class StreamRelay implements Relay {
  private static final int MAX_ERROR_BYTES = 64 * 1024;

  private final CallPlan plan;
  private final Exchange exchange;
  private final ClientStream client;
  private final EventSplitter splitter;
  private final UsageTap tap;
  private final StreamMeter meter;
  private final CutEnding ending = new CutEnding();
  private final Choices choices = new Choices();
  private boolean atStart = true;

  StreamRelay(
      CallPlan plan, Exchange exchange, int maxEvent, Tokenizer.Counter counter, ReplySink sink) {
    this.plan = plan;
    this.exchange = exchange;
    this.client = new ClientStream(sink, () -> Relay.head(exchange, "text/event-stream"));
    this.tap = new UsageTap(plan.choicesPerPrompt());
    this.meter =
        new StreamMeter(
            plan.budget(), new MissingCounts(plan.call(), counter, UsageSource.TOKENIZER));
    this.splitter = new EventSplitter(maxEvent);
  }

  @Override
  public Delivery relay(Deadline head) {
    try {
      return relayOrBreak(head);
    } catch (ClientGone _) {
      return new Delivery.Abandoned(meter.soFar(tap.usage()));
    }
  }

  private Delivery relayOrBreak(Deadline head) {
    try {
      return relayWhole(head);
    } catch (CallFailed e) {
      return client.broken(e.failure(), meter.soFar(tap.usage()));
    }
  }

  private Delivery relayWhole(Deadline head) throws CallFailed {
    if (!exchange.mediaType().equals("text/event-stream")) {
      throw noStream(head);
    }
    byte[] buffer = new byte[16 * 1024];
    for (int read = exchange.read(buffer, head);
        read >= 0;
        read = exchange.read(buffer, Deadline.in(Phase.SILENCE, plan.timeout()))) {
      splitter.feed(buffer, 0, read);
      for (Span at = splitter.next(); at != null; at = splitter.next()) {
        SseEvent event = next(at);
        if (event.isDone()) {
          return complete(at);
        }
        if (!take(event, at)) {
          return cutShort();
        }
      }
      client.send();
    }
    Span rest = splitter.rest();
    SseEvent last = next(rest);
    if (last.isDone()) {
      return complete(rest);
    }
    requireText(last);
    throw new CallFailed(new CutOff("the stream ended without [DONE]"));
  }

  private SseEvent next(Span at) {
    boolean first = atStart;
    atStart = false;
    return first ? SseEvent.first(splitter.bytes(), at) : SseEvent.of(splitter.bytes(), at);
  }

  /** Some third parties answer 200 with an error where a stream was asked for. */
  private CallFailed noStream(Deadline head) throws CallFailed {
    if (exchange.mediaType().equals("application/json")) {
      byte[] body = exchange.readWhole(MAX_ERROR_BYTES, head.turnedTo(Phase.WHOLE));
      var all = new Span(0, body.length);
      if (ReplyPeek.of(body, all).isError()) {
        return new CallFailed(ErrorReader.of(plan, exchange).report(body, all));
      }
    }
    return CallFailed.unintelligible(
        "no stream, though one was asked for, but '" + exchange.mediaType() + "'");
  }

  /**
   * Adds an event to what goes out next, unless it is not for the client.
   *
   * @return false when it would go over the budget; then it is as if it had not come
   */
  private boolean take(SseEvent event, Span at) throws CallFailed {
    requireText(event);
    if (event.saysError()) {
      throw reported(event);
    }
    if (event.isBlank()) {
      client.outgoing().add(splitter.bytes(), at, List.of());
      return true;
    }
    ReplyPeek peek = ReplyPeek.of(event.data(), event.at());
    if (peek.isError()) {
      throw reported(event);
    }
    if (saysSomething(peek.pieces())) {
      client.begin();
    }
    choices.begin(peek);
    ending.see(event.data(), peek);
    if (!meter.add(peek.pieces())) {
      return false;
    }
    choices.finish(peek);
    tap.see(peek);
    if (!peek.usageOnly() || !plan.hidesUsage()) {
      List<Span> models = peek.models().stream().map(event::inEvent).toList();
      client.outgoing().add(splitter.bytes(), at, plan.restoring(models));
    }
    return true;
  }

  /** Engines send the role first, and may then say that nothing came of it. */
  private static boolean saysSomething(List<Piece> pieces) {
    for (Piece piece : pieces) {
      if (!piece.text().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private static void requireText(SseEvent event) throws CallFailed {
    if (!event.isText()) {
      throw CallFailed.unintelligible("an event that is not UTF-8");
    }
  }

  /** The connection is not given back, but closed: nobody needs what is still to come. */
  private Delivery cutShort() {
    client.send();
    Metered usage = meter.cutShort();
    boolean usageAsked = plan.call().body().usageAsked();
    client.openIfNotYet();
    return new Delivery.CutShort(
        usage, ending.bytes(plan, choices.open(), usage.tokens(), usageAsked));
  }

  private CallFailed reported(SseEvent event) {
    return new CallFailed(ErrorReader.of(plan, exchange).report(event.data(), event.at()));
  }

  /** Holds the last event back; what a backend may say after it is not for anybody. */
  private Delivery complete(Span done) throws CallFailed {
    if (!choices.allFinished()) {
      throw new CallFailed(new CutOff("[DONE] came before every choice had finished"));
    }
    byte[] end = Arrays.copyOfRange(splitter.bytes(), done.start(), done.end());
    client.send();
    exchange.release();
    return new Delivery.Complete(meter.complete(tap.usage()), end);
  }
}
