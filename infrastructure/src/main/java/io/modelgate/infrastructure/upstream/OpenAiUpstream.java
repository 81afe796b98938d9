package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Cancellation;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;
import io.modelgate.infrastructure.client.HttpClient;
import java.util.Set;

/** Calls the backends of one kind that speaks OpenAI's API. Thread-safe. */
final class OpenAiUpstream implements Upstream {
  private static final int MAX_ERROR_BYTES = 64 * 1024;

  private final BackendKind kind;
  private final UpstreamSettings.Adapter adapter;
  private final UpstreamSettings settings;
  private final HttpClient client;

  OpenAiUpstream(
      BackendKind kind,
      UpstreamSettings.Adapter adapter,
      UpstreamSettings settings,
      HttpClient client) {
    this.kind = kind;
    this.adapter = adapter;
    this.settings = settings;
    this.client = client;
  }

  @Override
  public Set<BackendKind> kinds() {
    return Set.of(kind);
  }

  @Override
  public Delivery send(ModelRoute route, ChatCall call, ReplySink sink) {
    BaseUrl baseUrl = route.baseUrl() == null ? adapter.baseUrl() : route.baseUrl();
    if (baseUrl == null) {
      return new Delivery.NoReply(new Unreachable("neither the model nor its kind has a base URL"));
    }
    var plan = CallPlan.of(route, call, baseUrl, adapter, settings.timeout());
    var cancellation = new Cancellation();
    sink.whenGone(cancellation::cancel);
    Delivery delivery = send(plan, cancellation, sink);
    return cancellation.isCancelled() ? abandoned(delivery) : delivery;
  }

  private Delivery send(CallPlan plan, Cancellation cancellation, ReplySink sink) {
    var head = Deadline.in(Phase.HEAD, plan.timeout());
    try (var exchange = client.send(plan.origin(), RequestBytes.of(plan), head, cancellation)) {
      return receive(plan, exchange, head, sink);
    } catch (CallFailed e) {
      return new Delivery.NoReply(e.failure());
    }
  }

  /** What came of a call whose backend was hung up on because the client had. */
  private static Delivery abandoned(Delivery delivery) {
    return switch (delivery) {
      case Delivery.NoReply _ -> new Delivery.Abandoned(TokenUsage.NONE);
      case Delivery.BrokenOff(TokenUsage soFar, UpstreamFailure _) -> new Delivery.Abandoned(soFar);
      case Delivery.Abandoned _, Delivery.Complete _ -> delivery;
    };
  }

  private Delivery receive(CallPlan plan, Exchange exchange, Deadline head, ReplySink sink) {
    if (exchange.status() >= 300) {
      return new Delivery.NoReply(refusal(plan, exchange, head));
    }
    Relay relay =
        plan.call().body().stream()
            ? new StreamRelay(plan, exchange, settings.maxReplyBytes(), sink)
            : new WholeRelay(plan, exchange, settings.maxReplyBytes(), sink);
    return relay.relay(head);
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
