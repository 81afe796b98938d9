package io.modelgate.domain.chat;

import java.util.Locale;

/** Who counted a call's tokens. */
public enum UsageSource {
  /** The backend. */
  UPSTREAM,
  /** The gateway, from the text as it passed: the reply did not come to its end. */
  RUNNING_COUNT,
  /** The gateway, with a tokenizer, over the whole reply: the backend did not say. */
  TOKENIZER,
  /** Nobody; by length. */
  ESTIMATE;

  private final String wireName = name().toLowerCase(Locale.ROOT);

  /** As written in the store and in logs, e.g. {@code running_count}. */
  public String wireName() {
    return wireName;
  }
}
