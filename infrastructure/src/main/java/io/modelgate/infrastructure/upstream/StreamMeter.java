package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.infrastructure.upstream.RunningCount.Piece;
import java.util.List;

/**
 * What one streamed reply comes to: what its backend says of it, and what its text says. For one
 * thread.
 */
final class StreamMeter {
  private final OutputBudget budget;
  private final MissingCounts missing;
  private final RunningCount count;
  private boolean begun;

  StreamMeter(OutputBudget budget, MissingCounts missing) {
    this.budget = budget;
    this.missing = missing;
    this.count = new RunningCount(missing.counter());
    missing.counter().prepare();
  }

  /**
   * Counts what came, if the budget allows it.
   *
   * @return whether it does; if not, what came counts as if it had not come
   */
  boolean add(List<Piece> pieces) {
    begun = true;
    return count.add(pieces, budget);
  }

  /** Of a reply that came to its end. */
  Metered complete(TokenUsage told) {
    return missing.fill(told, count::tokens);
  }

  /** Of a reply that did not come to its end. */
  Metered soFar(TokenUsage told) {
    if (!begun) {
      return Metered.NOTHING;
    }
    long counted = count.tokens();
    if (told.completion() > 0 && told.completion() >= counted) {
      return told.by(UsageSource.UPSTREAM);
    }
    long prompt = told.prompt() > 0 ? told.prompt() : budget.promptEstimate();
    return new TokenUsage(prompt, counted).by(UsageSource.RUNNING_COUNT);
  }

  /** Of a reply that was ended where its budget was. */
  Metered cutShort() {
    return new TokenUsage(budget.promptEstimate(), count.tokens()).by(UsageSource.RUNNING_COUNT);
  }
}
