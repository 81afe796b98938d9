package io.modelgate.application.chat;

import io.modelgate.application.chat.CompleteChat.Admitted;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Targets.Turn;
import io.modelgate.application.port.Upstream;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.chat.RetryPolicy;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.Destination;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes one call as often as it takes, until a reply has begun: at each target of the model, then
 * at those of the models that stand in for it, and at last once more where a pause may help. None
 * begins once the model's patience has passed since the first; no pause or line is waited in that
 * would last longer. Thread-safe; blocks.
 */
record Attempts(
    Targets targets, Upstream upstream, Supplier<RetryPolicy> policy, RandomGenerator random) {

  /** The lines before the backends have bounds of their own. */
  private static final Duration ENDLESS = Duration.ofDays(365);

  /** How it ended. */
  sealed interface End {
    /** With what the last attempt came to. */
    record Delivered(Delivery delivery) implements End {}

    /** The client hung up while it waited. */
    record Left() implements End {}

    /** No backend took it, and none was asked. */
    record TurnedAway(Refusal refusal) implements End {}
  }

  End make(Admitted admitted, CallLedger ledger, ReplySink sink) {
    return new Run(admitted, ledger, sink).run();
  }

  /**
   * A target that may be asked again.
   *
   * @param due not before that much time of the call has gone by
   */
  private record Later(Destination to, Duration due) {}

  /** One call's. For one thread. */
  private final class Run {
    private final Admitted admitted;
    private final CallLedger ledger;
    private final ReplySink sink;
    private final Iterator<List<Destination>> standIns;
    private List<Destination> left;
    private final PriorityQueue<Later> later =
        new PriorityQueue<>(Comparator.comparing(Later::due));
    private Duration pause = Duration.ZERO;
    private Duration patience = ENDLESS;
    private long firstSentNanos;
    private @Nullable Delivery failed;

    Run(Admitted admitted, CallLedger ledger, ReplySink sink) {
      this.admitted = admitted;
      this.ledger = ledger;
      this.sink = sink;
      this.standIns = admitted.ways().iterator();
      this.left = standIns.next();
    }

    End run() {
      while (true) {
        var wish = new Targets.Wish(left, admitted.caller(), admitted.call(), pause, patience);
        switch (targets.await(wish, sink)) {
          case Turn.Granted(Targets.Place place) -> {
            Delivery delivery = send(place);
            if (!(delivery instanceof Delivery.NoReply(UpstreamFailure failure))
                || !goesOnAfter(place.destination(), failure)) {
              return new End.Delivered(delivery);
            }
            failed = delivery;
          }
          case Turn.Busy(Duration retryAfter) -> {
            if (!hasNext()) {
              return orRefused(new Refusal.BackendsBusy(retryAfter));
            }
          }
          case Turn.Failing(Duration retryAfter) -> {
            if (!hasNext()) {
              return orRefused(new Refusal.BackendsFailing(retryAfter));
            }
          }
          case Turn.Gone _ -> {
            return new End.Left();
          }
        }
      }
    }

    private Delivery send(Targets.Place place) {
      try (place) {
        Destination to = place.destination();
        ledger.sentTo(to, place.waited());
        if (!to.route().name().equals(to.asked())) {
          sink.announce(to.route().name());
        }
        long now = System.nanoTime();
        firstSentNanos = ledger.failures() == 0 ? now : firstSentNanos;
        admitted.budget().spend(sinceFirstSent());
        Delivery delivery = upstream.send(to, admitted.call(), admitted.budget(), sink);
        place.leave(delivery);
        note(delivery, place.waited(), Duration.ofNanos(System.nanoTime() - now));
        return delivery;
      }
    }

    private void note(Delivery delivery, Duration waited, Duration took) {
      switch (delivery) {
        case Delivery.NoReply(UpstreamFailure failure) -> ledger.failed(failure, waited, took);
        case Delivery.BrokenOff(_, UpstreamFailure failure) -> ledger.failed(failure, waited, took);
        case Delivery.Complete _, Delivery.CutShort _, Delivery.Abandoned _ -> {}
      }
    }

    /** Sets the course for another attempt, if there is to be one. */
    private boolean goesOnAfter(Destination destination, UpstreamFailure failure) {
      return switch (policy.get().after(failure, ledger.failures(), random.nextDouble())) {
        case RetryPolicy.Verdict.GiveUp _ -> false;
        case RetryPolicy.Verdict.Again(Duration again) -> {
          if (again != null) {
            later.add(new Later(destination, sinceFirstSent().plus(again)));
          }
          List<Destination> others =
              left.stream().filter(other -> !other.equals(destination)).toList();
          yield turnsTo(others, Duration.ZERO) || hasNext();
        }
      };
    }

    /** Turns to the next model, or to what may be asked again. */
    private boolean hasNext() {
      while (standIns.hasNext()) {
        if (turnsTo(standIns.next(), Duration.ZERO)) {
          return true;
        }
      }
      while (!later.isEmpty()) {
        Later next = later.remove();
        Duration wait = next.due().minus(sinceFirstSent());
        if (turnsTo(List.of(next.to()), wait.isNegative() ? Duration.ZERO : wait)) {
          return true;
        }
      }
      return false;
    }

    /**
     * Makes these the next to be asked.
     *
     * @param destinations of one model
     * @return false when there are none, or no time for it
     */
    private boolean turnsTo(List<Destination> destinations, Duration after) {
      left = destinations;
      if (destinations.isEmpty()) {
        return false;
      }
      pause = after;
      patience =
          ledger.failures() == 0
              ? ENDLESS
              : upstream.patience(destinations.getFirst().route()).minus(sinceFirstSent());
      return patience.compareTo(pause) > 0;
    }

    private Duration sinceFirstSent() {
      return Duration.ofNanos(System.nanoTime() - firstSentNanos);
    }

    /** What a backend said before tells more. */
    private End orRefused(Refusal refusal) {
      return failed == null ? new End.TurnedAway(refusal) : new End.Delivered(failed);
    }
  }
}
