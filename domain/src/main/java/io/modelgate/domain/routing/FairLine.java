package io.modelgate.domain.routing;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is next where several parties wait for the same places: whoever holds the fewest for its
 * weight; among equals, whoever was served least for its weight since it came; within a party, who
 * came first. However much one asks for, another waits only for the next free place. Not
 * thread-safe; time grows with the number of parties.
 *
 * <p>The second rule is start-time fair queueing: Goyal, Vin, Cheng, "Start-time Fair Queuing",
 * SIGCOMM 1996.
 *
 * @param <P> parties
 * @param <T> what they wait with
 */
public final class FairLine<P, T> {
  private final Map<P, Party<T>> parties = new LinkedHashMap<>();
  private double served;
  private int waiting;

  private static final class Party<T> {
    private final Deque<T> line = new ArrayDeque<>();
    private double weight;
    private double tag;
    private int holding;

    boolean isBefore(Party<T> other) {
      int order = Double.compare(holding / weight, other.holding / other.weight);
      return order < 0 || (order == 0 && tag < other.tag);
    }
  }

  /** How many wait. */
  public int waiting() {
    return waiting;
  }

  /**
   * Goes to the end of its party's line.
   *
   * @param weight over 0; that of its last call counts for a party
   */
  public void add(P party, double weight, T item) {
    party(party, weight).line.add(item);
    waiting++;
  }

  /** Takes a place without having waited; to be given back with {@link #leave}. */
  public void enter(P party, double weight) {
    serve(party(party, weight));
  }

  /** Gives a place back. */
  public void leave(P party) {
    Party<T> left = parties.get(party);
    if (left == null || left.holding == 0) {
      throw new IllegalStateException("nobody of that party holds a place");
    }
    left.holding--;
    forgetIfIdle(party, left);
  }

  /** Takes out who is next, and gives it a place; null when nobody waits. */
  public @Nullable T next() {
    Party<T> first = null;
    for (Party<T> party : parties.values()) {
      if (!party.line.isEmpty() && (first == null || party.isBefore(first))) {
        first = party;
      }
    }
    if (first == null) {
      return null;
    }
    waiting--;
    serve(first);
    return first.line.remove();
  }

  /** Takes out who does not want to wait any longer; false when it does not wait. */
  public boolean remove(P party, T item) {
    Party<T> of = parties.get(party);
    if (of == null || !of.line.remove(item)) {
      return false;
    }
    waiting--;
    forgetIfIdle(party, of);
    return true;
  }

  private Party<T> party(P name, double weight) {
    Party<T> party = parties.get(name);
    if (party == null) {
      party = new Party<>();
      party.tag = served;
      parties.put(name, party);
    }
    party.weight = weight;
    return party;
  }

  private void serve(Party<T> party) {
    party.holding++;
    served = Math.max(served, party.tag);
    party.tag = served + 1 / party.weight;
  }

  private void forgetIfIdle(P name, Party<T> party) {
    if (party.holding == 0 && party.line.isEmpty()) {
      parties.remove(name);
    }
  }
}
