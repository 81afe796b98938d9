package io.modelgate.application.port;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.CircuitBreaker;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.Engine;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Driven port: which backends are well, how busy they are, and who is next where calls wait.
 * Thread- safe; blocks, never without an end.
 */
public interface Targets {
  /** How all of them are that models of now stand on. */
  List<EngineStanding> standings();

  /**
   * How one engine is.
   *
   * @param checkedAt when it was asked last; null for never
   * @param running calls that have a place there
   * @param waiting calls that wait for one
   * @param places how many there are; null for no end
   */
  record EngineStanding(
      Engine engine,
      Checkup checkup,
      @Nullable Instant checkedAt,
      int running,
      int waiting,
      @Nullable Long places,
      List<TargetStanding> targets) {
    public EngineStanding {
      targets = List.copyOf(targets);
    }
  }

  /**
   * How calls to one target went.
   *
   * @param untilTrial when the breaker is open, how long until a call may try
   * @param attempts since the gateway started, or the target was added
   * @param failures those among them that speak against the backend
   * @param lastFailure its kind; null when there was none
   */
  record TargetStanding(
      Destination destination,
      CircuitBreaker.State breaker,
      Duration untilTrial,
      long attempts,
      long failures,
      @Nullable String lastFailure) {}

  /** Chooses where a call goes, and waits until it has a place there. */
  Turn await(Wish wish, ReplySink sink);

  /**
   * What a call wants.
   *
   * @param destinations where it can go, one or more
   * @param caller whose calls are served in turn with those of others
   * @param pause what is waited in any case
   * @param patience how long it may take altogether, the pause included; longer than that
   */
  record Wish(
      List<Destination> destinations,
      ApiKey caller,
      ChatCall call,
      Duration pause,
      Duration patience) {
    public Wish {
      destinations = List.copyOf(destinations);
    }
  }

  /** What came of it. */
  sealed interface Turn {
    /** The call can be sent; its place is to be left, however it ends. */
    record Granted(Place place) implements Turn {}

    /** As {@link io.modelgate.domain.access.Refusal.BackendsBusy}. */
    record Busy(Duration retryAfter) implements Turn {}

    /** As {@link io.modelgate.domain.access.Refusal.BackendsFailing}. */
    record Failing(Duration retryAfter) implements Turn {}

    /** The client hung up meanwhile. */
    record Gone() implements Turn {}
  }

  /** Where a call is under way. For one thread. */
  interface Place extends AutoCloseable {
    Destination destination();

    /** How long was waited for it in line. */
    Duration waited();

    /** Says how it went there, and leaves. */
    void leave(Upstream.Delivery delivery);

    /** Leaves without a word, unless it was left already. */
    @Override
    void close();
  }
}
