package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Destination;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Cancellation;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;
import io.modelgate.infrastructure.client.HttpClient;

/**
 * What calls to the backends of one kind have in common, whatever is spoken there: where they go,
 * how long they may take, that they end when the client leaves, and refusals. Thread-safe.
 */
final class BackendCalls {
  private static final int MAX_ERROR_BYTES = 64 * 1024;

  private final UpstreamSettings.Adapter adapter;
  private final UpstreamSettings settings;
  private final HttpClient client;
  private final Tokenizer tokenizer;

  BackendCalls(
      UpstreamSettings.Adapter adapter,
      UpstreamSettings settings,
      HttpClient client,
      Tokenizer tokenizer) {
    this.adapter = adapter;
    this.settings = settings;
    this.client = client;
    this.tokenizer = tokenizer;
  }

  /** Takes a reply that has no error status. */
  interface Receiver {
    /**
     * Carries it to the client.
     *
     * @param head until when a stream must have begun, and a whole reply must have come
     */
    Delivery receive(Exchange exchange, Deadline head);
  }

  /** The longest reply that is read whole, and the longest piece of a stream; in bytes. */
  int maxReplyBytes() {
    return settings.maxReplyBytes();
  }

  /** What counts the tokens of a call whose backend does not. */
  Tokenizer.Counter counter(CallPlan plan) {
    return tokenizer.forModel(plan.to().upstreamName());
  }

  /**
   * How the call is to be made.
   *
   * @throws CallFailed when nobody has said where to
   */
  CallPlan plan(Destination to, ChatCall call, OutputBudget budget) throws CallFailed {
    BaseUrl own = to.target().baseUrl();
    BaseUrl baseUrl = own == null ? adapter.baseUrl() : own;
    if (baseUrl == null) {
      throw new CallFailed(new Unreachable("neither the model nor its kind has a base URL"));
    }
    return CallPlan.of(to, call, budget, baseUrl, adapter, settings.timeout());
  }

  /**
   * Sends one request and has its reply received, or says why there was none.
   *
   * @param request head and body
   */
  Delivery send(CallPlan plan, byte[] request, ReplySink sink, Receiver receiver) {
    var cancellation = new Cancellation();
    sink.whenGone(cancellation::cancel);
    Delivery delivery = send(plan, request, cancellation, receiver);
    return cancellation.isCancelled() ? abandoned(delivery) : delivery;
  }

  private Delivery send(
      CallPlan plan, byte[] request, Cancellation cancellation, Receiver receiver) {
    var head = Deadline.of(Phase.HEAD, plan.timeout(), plan.left());
    try (var exchange = client.send(plan.origin(), request, head, cancellation)) {
      return exchange.status() < 300
          ? receiver.receive(exchange, head)
          : new Delivery.NoReply(refusal(plan, exchange, head));
    } catch (CallFailed e) {
      return new Delivery.NoReply(e.failure());
    }
  }

  /** What came of a call whose backend was hung up on because the client had. */
  private static Delivery abandoned(Delivery delivery) {
    return switch (delivery) {
      case Delivery.NoReply _ -> new Delivery.Abandoned(Metered.NOTHING);
      case Delivery.BrokenOff(Metered soFar, UpstreamFailure _) -> new Delivery.Abandoned(soFar);
      case Delivery.Abandoned _, Delivery.CutShort _, Delivery.Complete _ -> delivery;
    };
  }

  private static UpstreamFailure refusal(CallPlan plan, Exchange exchange, Deadline head) {
    byte[] body;
    try {
      body = exchange.readWhole(MAX_ERROR_BYTES, head);
      exchange.release();
    } catch (CallFailed _) {
      body = new byte[0]; // the status says enough
    }
    return ErrorReader.of(plan, exchange)
        .refusal(exchange.status(), exchange.mediaType(), body, exchange.header("retry-after"));
  }
}
