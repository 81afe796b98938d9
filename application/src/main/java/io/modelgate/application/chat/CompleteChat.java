package io.modelgate.application.chat;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Upstream;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.Upstream.Delivery.Abandoned;
import io.modelgate.application.port.Upstream.Delivery.BrokenOff;
import io.modelgate.application.port.Upstream.Delivery.Complete;
import io.modelgate.application.port.Upstream.Delivery.CutShort;
import io.modelgate.application.port.Upstream.Delivery.NoReply;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.RetryPolicy;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelRoute;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Carries a call to the model it asks for and the reply back: sets aside what the call may come to,
 * before anything is sent, and charges what it came to, before the reply ends. Thread-safe; blocks.
 */
public final class CompleteChat {
  private final ListModels models;
  private final ApiKeys keys;
  private final Quotas quotas;
  private final Limits limits;
  private final ShowStanding standings;
  private final Upstream upstream;
  private final Targets targets;
  private final Supplier<RetryPolicy> routing;
  private final RandomGenerator random;
  private final InstantSource clock;
  private final LongSupplier assumedOutputTokens;

  /**
   * Puts it together.
   *
   * @param keys asked again while a reply grows, so that a quota changed meanwhile counts
   * @param routing how often a call is made that fails; asked at each
   * @param random spreads retries; thread-safe
   * @param assumedOutputTokens how long a reply is taken to become that nothing bounds; asked at
   *     each call
   */
  public CompleteChat(
      ListModels models,
      ApiKeys keys,
      Quotas quotas,
      Limits limits,
      Upstream upstream,
      Targets targets,
      Supplier<RetryPolicy> routing,
      RandomGenerator random,
      InstantSource clock,
      LongSupplier assumedOutputTokens) {
    this.models = models;
    this.keys = keys;
    this.quotas = quotas;
    this.limits = limits;
    this.standings = new ShowStanding(limits, quotas, clock);
    this.upstream = upstream;
    this.targets = targets;
    this.routing = routing;
    this.random = random;
    this.clock = clock;
    this.assumedOutputTokens = assumedOutputTokens;
  }

  /**
   * Serves one call to its end.
   *
   * @param caller as {@link AdmitCaller} let in
   * @param sink not opened when the outcome is {@link Outcome.Refused} or {@link Outcome.Failed},
   *     else ended
   */
  public Outcome handle(ApiKey caller, ChatCall call, ReplySink sink) {
    String asked = call.body().model();
    if (!caller.terms().scope().covers(asked)) {
      return new Outcome.Refused(new Refusal.ModelNotAllowed(asked));
    }
    Optional<ModelRoute> found = models.handle(asked);
    if (found.isEmpty()) {
      return new Outcome.Refused(new Refusal.UnknownModel(asked));
    }
    List<List<Destination>> ways = ways(found.get(), caller.terms().scope());
    TokenDemand demand = demand(ways, call);
    return switch (quotas.reserve(caller.id(), caller.terms().quota(), demand, clock.instant())) {
      case Quotas.Verdict.Reserved(Reservation reservation, Long cap) ->
          admit(caller, ways, call, new Reserved(reservation, cap, demand), sink);
      case Quotas.Verdict.Exhausted(var standing) ->
          new Outcome.Refused(new Refusal.QuotaExhausted(standing, demand.prompt()));
      case Quotas.Verdict.Busy(var standing) ->
          new Outcome.Refused(new Refusal.QuotaBusy(standing));
      case Quotas.Verdict.Unavailable _ -> new Outcome.Refused(new Refusal.UsageUnavailable());
    };
  }

  /**
   * Where the call can go: to the model itself, then to each that stands in for it and that the key
   * may call.
   */
  private List<List<Destination>> ways(ModelRoute route, KeyScope scope) {
    if (route.fallbacks().isEmpty()) {
      return List.of(upstream.destinations(route.name(), route));
    }
    return Stream.concat(
            Stream.of(route),
            route.fallbacks().stream()
                .filter(name -> scope.covers(name.value()))
                .flatMap(name -> models.handle(name.value()).stream()))
        .map(model -> upstream.destinations(route.name(), model))
        .filter(destinations -> !destinations.isEmpty())
        .toList();
  }

  /** What was set aside for a call. */
  private record Reserved(Reservation reservation, @Nullable Long cap, TokenDemand demand) {}

  /** As much as any of those that it may be sent to would generate. */
  private TokenDemand demand(List<List<Destination>> ways, ChatCall call) {
    long prompt = call.body().prompt().estimatedTokens();
    TokenDemand most = new TokenDemand(prompt, 0, 0);
    for (List<Destination> destinations : ways) {
      for (Destination destination : destinations) {
        OutputDemand output = upstream.demand(destination, call);
        Long bound =
            output.bound() == null ? destination.route().maxOutputTokens() : output.bound();
        var demand =
            new TokenDemand(
                prompt,
                output.sequences(),
                bound == null ? assumedOutputTokens.getAsLong() : bound);
        most = demand.total() > most.total() ? demand : most;
      }
    }
    return most;
  }

  private Outcome admit(
      ApiKey caller,
      List<List<Destination>> ways,
      ChatCall call,
      Reserved reserved,
      ReplySink sink) {
    switch (limits.admit(caller.id(), caller.terms().limits(), reserved.reservation().tokens())) {
      case Limits.Verdict.Admitted(Limits.Pass pass, var standing) -> {
        sink.announce(standings.completed(caller, standing));
        var ledger =
            new CallLedger(
                caller.id(),
                call,
                reserved.reservation(),
                pass,
                clock.instant(),
                ways.getFirst().getFirst());
        var budget =
            new QuotaBudget(
                reserved.reservation(),
                reserved.demand().prompt(),
                reserved.cap(),
                () -> keys.byId(caller.id()).map(key -> key.terms().quota()));
        try {
          return relay(new Admitted(caller, ways, call, budget), ledger, ledger.timing(sink));
        } finally {
          ledger.close();
        }
      }
      case Limits.Verdict.Limited(var breach, var standing) -> {
        reserved.reservation().cancel();
        sink.announce(standings.completed(caller, standing));
        return new Outcome.Refused(new Refusal.RateLimited(breach));
      }
      case Limits.Verdict.Unavailable _ -> {
        reserved.reservation().cancel();
        return new Outcome.Refused(new Refusal.LimitsUnavailable());
      }
    }
  }

  /**
   * A call that may be sent.
   *
   * @param ways where to: one list for each model that may reply, in their order, none empty
   */
  record Admitted(ApiKey caller, List<List<Destination>> ways, ChatCall call, QuotaBudget budget) {}

  private Outcome relay(Admitted admitted, CallLedger ledger, ReplySink sink) {
    try {
      sink.awaitReply();
    } catch (ClientGone _) {
      return leave(ledger, Metered.NOTHING, sink);
    }
    return switch (new Attempts(targets, upstream, routing, random).make(admitted, ledger, sink)) {
      case Attempts.End.Delivered(var delivery) -> conclude(delivery, ledger, sink);
      case Attempts.End.Left _ -> leave(ledger, Metered.NOTHING, sink);
      case Attempts.End.TurnedAway(Refusal refusal) -> {
        ledger.cancel();
        yield new Outcome.Refused(refusal);
      }
    };
  }

  private static Outcome conclude(Delivery delivery, CallLedger ledger, ReplySink sink) {
    return switch (delivery) {
      case Complete(Metered usage, byte[] end) ->
          finish(ledger.settle(usage, Ending.COMPLETED, 200), end, sink);
      case CutShort(Metered usage, byte[] end) ->
          finish(ledger.settle(usage, Ending.CUT_BY_QUOTA, 200), end, sink);
      case BrokenOff(Metered soFar, UpstreamFailure failure) ->
          breakOff(ledger, soFar, failure, sink);
      case Abandoned(Metered soFar) -> leave(ledger, soFar, sink);
      case NoReply(UpstreamFailure failure) -> fail(ledger, Metered.NOTHING, failure, sink);
    };
  }

  /** The client hung up; or the gateway stops, and the call outlasted its grace. */
  private static Outcome leave(CallLedger ledger, Metered soFar, ReplySink sink) {
    if (!sink.isStopped()) {
      return new Outcome.Abandoned(ledger.settle(soFar, Ending.CLIENT_GONE, 499));
    }
    var stopped = new UpstreamFailure.Stopped();
    return ledger.hasBegun()
        ? breakOff(ledger, soFar, stopped, sink)
        : fail(ledger, soFar, stopped, sink);
  }

  private static Outcome fail(
      CallLedger ledger, Metered used, UpstreamFailure failure, ReplySink sink) {
    return new Outcome.Failed(
        ledger.settle(used, CallLedger.endingOf(failure), sink.statusOf(failure)), failure);
  }

  private static Outcome breakOff(
      CallLedger ledger, Metered soFar, UpstreamFailure failure, ReplySink sink) {
    SettledCall settled = ledger.settle(soFar, CallLedger.endingOf(failure), 200);
    try {
      sink.fail(failure);
      return new Outcome.BrokenOff(settled, failure);
    } catch (ClientGone _) {
      return new Outcome.Abandoned(settled);
    }
  }

  /**
   * The record says what the client was owed; whether it stayed for its last bytes is not in it.
   */
  private static Outcome finish(SettledCall settled, byte[] end, ReplySink sink) {
    try {
      sink.end(end);
      return new Outcome.Answered(settled);
    } catch (ClientGone _) {
      return new Outcome.Abandoned(settled);
    }
  }

  /** How a call went. */
  public sealed interface Outcome {
    /** The reply went out whole, or to where the key's quota ended it. */
    record Answered(SettledCall settled) implements Outcome {}

    /** Turned away; nothing was sent anywhere. */
    record Refused(Refusal refusal) implements Outcome {}

    /** The backend gave no reply; nothing was sent to the client. */
    record Failed(SettledCall settled, UpstreamFailure failure) implements Outcome {}

    /** The reply broke off, and the client was told. */
    record BrokenOff(SettledCall settled, UpstreamFailure failure) implements Outcome {}

    /** The client hung up. */
    record Abandoned(SettledCall settled) implements Outcome {}
  }
}
