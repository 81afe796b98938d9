package io.modelgate.infrastructure.upstream;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/** Which choices of a stream have begun, and which have come to their finish. */
final class Choices {
  private final Set<Long> begun = new HashSet<>();
  private final Set<Long> finished = new HashSet<>();

  /** Sees what an event begins. */
  void begin(ReplyPeek peek) {
    for (ReplyPeek.Choice choice : peek.choices()) {
      begun.add(choice.index());
    }
  }

  /** Sees what an event finishes, once the client is to get it. */
  void finish(ReplyPeek peek) {
    for (ReplyPeek.Choice choice : peek.choices()) {
      if (choice.finished()) {
        finished.add(choice.index());
      }
    }
  }

  /** Those that have begun and not come to their finish. */
  Set<Long> open() {
    Set<Long> open = new TreeSet<>(begun);
    open.removeAll(finished);
    return open;
  }

  /** Whether there was at least one, and none is without its finish. */
  boolean allFinished() {
    return !begun.isEmpty() && finished.containsAll(begun);
  }
}
