package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UsageSource;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Counts of a reply that came whole what its backend did not say. Zero counts as not said: a prompt
 * is never empty, and a reply that is has no text to count either.
 *
 * @param source what the result is called when anything had to be counted
 */
record MissingCounts(ChatCall call, Tokenizer.Counter counter, UsageSource source) {
  /**
   * Fills in what is missing.
   *
   * @param generated the count of the reply's text; asked when it is needed
   */
  Metered fill(TokenUsage told, LongSupplier generated) {
    long completion = told.completion() > 0 ? told.completion() : generated.getAsLong();
    if (told.prompt() > 0 && completion == told.completion()) {
      return told.by(UsageSource.UPSTREAM);
    }
    long prompt = told.prompt() > 0 ? told.prompt() : PromptTokens.of(call, counter);
    return new TokenUsage(prompt, completion, told.cached(), told.reasoning()).by(source);
  }

  /** The same, for a reply in so many pieces. */
  Metered fill(TokenUsage told, List<RunningCount.Piece> pieces) {
    return fill(told, () -> pieces.stream().mapToLong(piece -> counter.count(piece.text())).sum());
  }
}
