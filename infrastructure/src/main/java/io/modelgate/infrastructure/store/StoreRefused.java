package io.modelgate.infrastructure.store;

/**
 * The store cannot be opened. The message is written for the console: a sentence that says what is
 * wrong and what helps.
 */
public final class StoreRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StoreRefused(String sentence) {
    super(sentence);
  }

  StoreRefused(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
