package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Receives a stream of Ollama's: each line goes out as events as soon as it is whole, and the last
 * event is held. For one exchange and one thread.
 */
final class OllamaStream {
  /** A stream that an error began comes as plain JSON from some versions. */
  private static final Set<String> TYPES = Set.of("application/x-ndjson", "application/json", "");

  private final OllamaAttempt attempt;
  private final Exchange exchange;
  private final ClientStream client;
  private final LineSplitter splitter;
  private final OllamaReply reply;
  private final StreamMeter meter;

  OllamaStream(
      OllamaAttempt attempt,
      Exchange exchange,
      OpenAiShapes shapes,
      int maxLine,
      Tokenizer.Counter counter,
      ReplySink sink) {
    this.attempt = attempt;
    this.exchange = exchange;
    this.client = new ClientStream(sink, () -> attempt.head(exchange, "text/event-stream", false));
    this.splitter = new LineSplitter(maxLine);
    this.reply = new OllamaReply(shapes);
    CallPlan plan = attempt.plan();
    this.meter =
        new StreamMeter(
            plan.budget(), new MissingCounts(plan.call(), counter, UsageSource.ESTIMATE));
  }

  /** Does it, and says how it went. Ollama counts at the end only. */
  Delivery receive(Deadline head) {
    try {
      return receiveOrBreak(head);
    } catch (ClientGone _) {
      return new Delivery.Abandoned(meter.soFar(TokenUsage.NONE));
    }
  }

  private Delivery receiveOrBreak(Deadline head) {
    try {
      return receiveWhole(head);
    } catch (CallFailed e) {
      return client.broken(e.failure(), meter.soFar(TokenUsage.NONE));
    }
  }

  private Delivery receiveWhole(Deadline head) throws CallFailed {
    if (!TYPES.contains(exchange.mediaType())) {
      throw CallFailed.unintelligible("no stream of Ollama's, but '" + exchange.mediaType() + "'");
    }
    byte[] buffer = new byte[16 * 1024];
    for (int read = exchange.read(buffer, head);
        read >= 0;
        read = exchange.read(buffer, Deadline.in(Phase.SILENCE, attempt.plan().timeout()))) {
      splitter.feed(buffer, read);
      for (Span line = splitter.next(); line != null; line = splitter.next()) {
        OllamaPiece said = read(line);
        if (said != null && !meter.add(said.pieces())) {
          return cutShort();
        }
        if (said != null && take(said)) {
          return complete(said);
        }
      }
      client.send();
    }
    OllamaPiece rest = read(splitter.rest());
    if (rest != null && rest.done()) {
      if (!meter.add(rest.pieces())) {
        return cutShort();
      }
      take(rest);
      return complete(rest);
    }
    throw new CallFailed(new CutOff("the stream ended before Ollama said that it was done"));
  }

  /** What a line says; null for a blank one. */
  private @Nullable OllamaPiece read(Span line) throws CallFailed {
    if (splitter.isBlank(line)) {
      return null;
    }
    var said = OllamaPiece.of(splitter.bytes(), line);
    if (said.isError()) {
      throw new CallFailed(ErrorReader.of(attempt.plan(), exchange).report(splitter.bytes(), line));
    }
    return said;
  }

  /**
   * Adds what was said to what goes out next.
   *
   * @return whether that was the last
   */
  private boolean take(OllamaPiece said) throws CallFailed {
    begin();
    reply.add(said, splitter.bytes(), client.outgoing());
    return said.done();
  }

  private void begin() {
    if (!client.hasBegun()) {
      client.begin();
      reply.begin(client.outgoing());
    }
  }

  /** The connection is not given back, but closed: nobody needs what is still to come. */
  private Delivery cutShort() {
    begin();
    Metered usage = meter.cutShort();
    reply.finishCut(usage.tokens(), attempt.plan().call().body().usageAsked(), client.outgoing());
    client.send();
    return new Delivery.CutShort(usage, OpenAiShapes.done());
  }

  private Delivery complete(OllamaPiece last) {
    Metered usage = meter.complete(last.usage());
    boolean usageAsked = attempt.plan().call().body().usageAsked();
    reply.finish(last, usage.tokens(), usageAsked, client.outgoing());
    client.send();
    exchange.release();
    return new Delivery.Complete(usage, OpenAiShapes.done());
  }
}
