package io.modelgate.application.chat;

import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.application.port.Upstream;
import io.modelgate.application.port.Upstream.Delivery.Abandoned;
import io.modelgate.application.port.Upstream.Delivery.BrokenOff;
import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.NoReply;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.ModelRoute;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Carries a call to the model it asks for and the reply back, and charges the caller before the
 * reply ends. Thread-safe; blocks.
 */
public final class CompleteChat {
  private final ListModels models;
  private final Quotas quotas;
  private final Upstream upstream;

  public CompleteChat(ListModels models, Quotas quotas, Upstream upstream) {
    this.models = models;
    this.quotas = quotas;
    this.upstream = upstream;
  }

  /**
   * Serves one call to its end.
   *
   * @param caller as {@link AdmitCaller} let in
   * @param sink untouched when the outcome is {@link Outcome.Refused} or {@link Outcome.Failed},
   *     else ended
   */
  public Outcome handle(ApiKey caller, ChatCall call, ReplySink sink) {
    Optional<ModelRoute> route = models.handle(call.body().model());
    if (route.isEmpty()) {
      return new Outcome.Refused(new Refusal.UnknownModel(call.body().model()));
    }
    long used = quotas.used(caller.id());
    Long limit = caller.quota().limit();
    if (limit != null && !caller.quota().allowsAfter(used)) {
      return new Outcome.Refused(new Refusal.QuotaExhausted(limit, used));
    }
    return relay(caller, route.get(), call, sink);
  }

  private Outcome relay(ApiKey caller, ModelRoute route, ChatCall call, ReplySink sink) {
    switch (upstream.send(route, call, sink)) {
      case Complete(TokenUsage usage, byte[] end) -> {
        var lost = charge(caller, usage);
        try {
          sink.end(end);
          return new Outcome.Answered(route, usage, lost);
        } catch (ClientGone _) {
          return new Outcome.Abandoned(route, usage, lost);
        }
      }
      case BrokenOff(TokenUsage soFar, UpstreamFailure failure) -> {
        var lost = charge(caller, soFar);
        try {
          sink.fail(failure);
          return new Outcome.BrokenOff(route, soFar, failure, lost);
        } catch (ClientGone _) {
          return new Outcome.Abandoned(route, soFar, lost);
        }
      }
      case Abandoned(TokenUsage soFar) -> {
        return new Outcome.Abandoned(route, soFar, charge(caller, soFar));
      }
      case NoReply(UpstreamFailure failure) -> {
        return new Outcome.Failed(route, failure);
      }
    }
  }

  /**
   * A store that fails must not cost the caller a reply that was paid for; the outcome carries the
   * failure to the log.
   */
  private @Nullable StoreUnavailable charge(ApiKey caller, TokenUsage usage) {
    try {
      quotas.charge(caller.id(), usage.total());
      return null;
    } catch (StoreUnavailable e) {
      return e;
    }
  }

  /** How a call went. */
  public sealed interface Outcome {
    /**
     * The reply went out whole.
     *
     * @param unsettled why the charge could not be kept, if so
     */
    record Answered(ModelRoute route, TokenUsage usage, @Nullable StoreUnavailable unsettled)
        implements Outcome {}

    /** Turned away; nothing was sent anywhere. */
    record Refused(Refusal refusal) implements Outcome {}

    /** The backend gave no reply; nothing was sent to the client. */
    record Failed(ModelRoute route, UpstreamFailure failure) implements Outcome {}

    /** The reply broke off, and the client was told. */
    record BrokenOff(
        ModelRoute route,
        TokenUsage soFar,
        UpstreamFailure failure,
        @Nullable StoreUnavailable unsettled)
        implements Outcome {}

    /** The client hung up. */
    record Abandoned(ModelRoute route, TokenUsage soFar, @Nullable StoreUnavailable unsettled)
        implements Outcome {}
  }
}
