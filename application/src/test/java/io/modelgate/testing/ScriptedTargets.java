package io.modelgate.testing;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.routing.Destination;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Gives every call the first place it wishes for, at once, unless its script says otherwise: the
 * n-th wish gets the n-th turn. For one thread.
 */
public final class ScriptedTargets implements Targets {
  public final List<Wish> wishes = new ArrayList<>();

  /** What was said on leaving each place. */
  public final List<Delivery> left = new ArrayList<>();

  /** How many places are taken. */
  public int taken;

  private final Deque<Turn> script;

  public ScriptedTargets(Turn... script) {
    this.script = new ArrayDeque<>(List.of(script));
  }

  @Override
  public Turn await(Wish wish, ReplySink sink) {
    wishes.add(wish);
    Turn turn = script.poll();
    if (turn != null) {
      return turn;
    }
    taken++;
    return new Turn.Granted(new FirstPlace(wish.destinations().getFirst()));
  }

  @Override
  public List<EngineStanding> standings() {
    return List.of();
  }

  private final class FirstPlace implements Place {
    private final Destination destination;
    private boolean open = true;

    FirstPlace(Destination destination) {
      this.destination = destination;
    }

    @Override
    public Destination destination() {
      return destination;
    }

    @Override
    public Duration waited() {
      return Duration.ofMillis(7);
    }

    @Override
    public void leave(Delivery delivery) {
      left.add(delivery);
      close();
    }

    @Override
    public void close() {
      taken -= open ? 1 : 0;
      open = false;
    }
  }
}
