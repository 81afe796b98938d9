package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;
import java.util.List;

/** Receives a reply of Ollama's that is not streamed, embeddings too. */
final class OllamaWhole {
  private final OllamaAttempt attempt;
  private final OpenAiShapes shapes;
  private final int maxBytes;
  private final Tokenizer.Counter counter;
  private final ReplySink sink;

  OllamaWhole(
      OllamaAttempt attempt,
      OpenAiShapes shapes,
      int maxBytes,
      Tokenizer.Counter counter,
      ReplySink sink) {
    this.attempt = attempt;
    this.shapes = shapes;
    this.maxBytes = maxBytes;
    this.counter = counter;
    this.sink = sink;
  }

  /** Does it, and says how it went. */
  Delivery receive(Exchange exchange, Deadline head) {
    try {
      byte[] body = exchange.readWhole(maxBytes, head.turnedTo(Phase.WHOLE));
      return attempt.request().inputs() > 0 ? vectors(exchange, body) : answer(exchange, body);
    } catch (CallFailed e) {
      return new Delivery.NoReply(e.failure());
    }
  }

  private Delivery answer(Exchange exchange, byte[] body) throws CallFailed {
    var all = new Span(0, body.length);
    var said = OllamaPiece.of(body, all);
    if (said.isError()) {
      throw reported(exchange, body);
    }
    if (!said.done()) {
      throw new CallFailed(new CutOff("the reply does not say that it is done"));
    }
    Metered usage = usage(said.usage(), said.pieces());
    byte[] end = new OllamaReply(shapes).whole(said, usage.tokens(), body);
    return deliver(exchange, usage, end, fillsTheContext(said.usage()));
  }

  /**
   * Before version 0.12.6 Ollama could not be told to refuse: it shortened the prompt to exactly
   * the context.
   */
  private boolean fillsTheContext(TokenUsage usage) {
    Long length = attempt.request().contextLength();
    return length != null && length == usage.prompt();
  }

  private Delivery vectors(Exchange exchange, byte[] body) throws CallFailed {
    var vectors = OllamaVectors.of(body);
    if (vectors.isError()) {
      throw reported(exchange, body);
    }
    if (vectors.vectors().size() != attempt.request().inputs()) {
      throw CallFailed.unintelligible(
          vectors.vectors().size() + " embeddings for " + attempt.request().inputs() + " texts");
    }
    Metered usage = usage(vectors.usage(), List.of());
    byte[] end =
        vectors.said(body, attempt.plan().call().body().model(), attempt.request().wantsBase64());
    return deliver(exchange, usage, end, false);
  }

  /** Ollama leaves out what is zero, and the prompt when it had it in its cache. */
  private Metered usage(TokenUsage told, List<RunningCount.Piece> pieces) {
    return new MissingCounts(attempt.plan().call(), counter, UsageSource.ESTIMATE)
        .fill(told, pieces);
  }

  private CallFailed reported(Exchange exchange, byte[] body) {
    var all = new Span(0, body.length);
    return new CallFailed(ErrorReader.of(attempt.plan(), exchange).report(body, all));
  }

  private Delivery deliver(Exchange exchange, Metered usage, byte[] end, boolean shortened) {
    ReplyHead head = attempt.head(exchange, "application/json", shortened);
    exchange.release();
    try {
      sink.open(head);
      return new Delivery.Complete(usage, end);
    } catch (ClientGone _) {
      return new Delivery.Abandoned(usage);
    }
  }
}
