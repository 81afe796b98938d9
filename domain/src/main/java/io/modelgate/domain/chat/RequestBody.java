package io.modelgate.domain.chat;

import org.jspecify.annotations.Nullable;

/**
 * A request's body as it arrived, with the top-level fields that were looked at and where they
 * stand. Nothing of it is ever parsed into a tree and written again.
 *
 * @param bytes owned by this record, must not be changed
 * @param model what the client asks for, unescaped; any text
 * @param modelAt where the value of {@code model} stands, quotes included
 * @param usageAsked whether the client itself asked for {@code stream_options.include_usage}
 * @param askForUsage the edit that makes the body ask for it; null when it need not or cannot (no
 *     stream, or asked already)
 * @param inside offset after the body's opening brace, where a member can be put in; another one
 *     follows
 * @param prompt how much it asks to be read
 */
public record RequestBody(
    @SuppressWarnings("ArrayRecordComponent") byte[] bytes,
    String model,
    Span modelAt,
    boolean stream,
    boolean usageAsked,
    @Nullable Edit askForUsage,
    OutputBounds bounds,
    int inside,
    Prompt prompt) {
  private static final int LONGEST_BEGINNING = 16 * 1024;

  /** A hash of the model and of what the prompt begins with, its first 16 KB at most. */
  public int hashOfBeginning() {
    Span at = prompt.beginning();
    int hash = model.hashCode();
    if (at != null) {
      int end = Math.min(at.end(), at.start() + LONGEST_BEGINNING);
      for (int i = at.start(); i < end; i++) {
        hash = 31 * hash + bytes[i];
      }
    }
    return hash;
  }

  /**
   * What is to be read.
   *
   * @param count how many prompts or texts, at least 1
   * @param estimatedTokens over all of them, by length: a token for four bytes of text, 4 for each
   *     message, 1,000 for each part that is no text
   * @param beginning where what a conversation begins with stands: its messages up to the first
   *     question, or the first bytes of a prompt; null when there is nothing
   */
  public record Prompt(long count, long estimatedTokens, @Nullable Span beginning) {
    /** One of which it does not matter how it begins. */
    public Prompt(long count, long estimatedTokens) {
      this(count, estimatedTokens, null);
    }

    /** One of which nothing is known. */
    public static final Prompt EMPTY = new Prompt(1, 0);
  }
}
