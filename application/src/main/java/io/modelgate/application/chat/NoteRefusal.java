package io.modelgate.application.chat;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.RefusedCalls;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets calls that were turned away come into the log of calls, a few a second of each key: whoever
 * runs into a limit runs into it again and again. Thread-safe; never blocks.
 */
public final class NoteRefusal {
  private static final int MOST_A_SECOND = 10;

  private final RefusedCalls calls;
  private final InstantSource clock;
  private final ConcurrentHashMap<KeyId, Second> seconds = new ConcurrentHashMap<>();
  private final LongAdder leftOut = new LongAdder();

  public NoteRefusal(RefusedCalls calls, InstantSource clock) {
    this.calls = calls;
    this.clock = clock;
  }

  /** Notes one that is being answered now. */
  public void handle(KeyId caller, TurnedAway call) {
    Instant now = clock.instant();
    long second = now.getEpochSecond();
    Second of =
        seconds.merge(
            caller,
            new Second(second, 1),
            (before, first) ->
                before.number() == second ? new Second(second, before.calls() + 1) : first);
    if (of.calls() > MOST_A_SECOND) {
      leftOut.increment();
      return;
    }
    calls.note(
        new RefusedCall(
            now.minus(call.took()),
            call.requestId(),
            caller,
            call.model(),
            call.endpoint(),
            call.stream(),
            call.status(),
            call.rule(),
            call.took()));
  }

  /** How many were too many, since the start. */
  public long leftOut() {
    return leftOut.sum();
  }

  private record Second(long number, int calls) {}

  /**
   * What is known of one.
   *
   * @param model as asked for; empty when nobody had looked
   * @param status the client gets
   * @param rule what turned it away, one word of a few
   * @param took until now
   */
  public record TurnedAway(
      String requestId,
      Endpoint endpoint,
      String model,
      boolean stream,
      int status,
      String rule,
      Duration took) {}
}
