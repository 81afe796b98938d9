package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
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
  private boolean begun;

  OllamaStream(
      OllamaAttempt attempt, Exchange exchange, OpenAiShapes shapes, int maxLine, ReplySink sink) {
    this.attempt = attempt;
    this.exchange = exchange;
    this.client = new ClientStream(sink, () -> attempt.head(exchange, "text/event-stream", false));
    this.splitter = new LineSplitter(maxLine);
    this.reply = new OllamaReply(shapes);
  }

  /**
   * Does it, and says how it went. Ollama counts at the end only: what breaks off costs nothing.
   */
  Delivery receive(Deadline head) {
    try {
      return receiveOrBreak(head);
    } catch (ClientGone _) {
      return new Delivery.Abandoned(TokenUsage.NONE);
    }
  }

  private Delivery receiveOrBreak(Deadline head) {
    try {
      return receiveWhole(head);
    } catch (CallFailed e) {
      return client.broken(e.failure(), TokenUsage.NONE);
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
        OllamaPiece said = take(line);
        if (said != null && said.done()) {
          return complete(said);
        }
      }
      client.send();
    }
    OllamaPiece rest = take(splitter.rest());
    if (rest != null && rest.done()) {
      return complete(rest);
    }
    throw new CallFailed(new CutOff("the stream ended before Ollama said that it was done"));
  }

  /** Adds a line to what goes out next; null for a blank one. */
  private @Nullable OllamaPiece take(Span line) throws CallFailed {
    if (splitter.isBlank(line)) {
      return null;
    }
    var said = OllamaPiece.of(splitter.bytes(), line);
    if (said.isError()) {
      throw new CallFailed(ErrorReader.of(attempt.plan(), exchange).report(splitter.bytes(), line));
    }
    if (!begun) {
      begun = true;
      reply.begin(client.outgoing());
    }
    reply.add(said, splitter.bytes(), client.outgoing());
    return said;
  }

  private Delivery complete(OllamaPiece last) {
    reply.finish(last, attempt.plan().call().body().usageAsked(), client.outgoing());
    client.send();
    exchange.release();
    return new Delivery.Complete(last.usage(), OpenAiShapes.done());
  }
}
