package io.modelgate.domain.routing;

import java.util.Locale;

/** How an engine is, as far as asking it without any work tells. */
public enum Health {
  /** Not asked yet, or it cannot be asked. */
  UNKNOWN,
  READY,
  /** It answers, and says that it will be ready. */
  LOADING,
  /** It does not answer, or not as it should. */
  DOWN;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether calls go there while there is a choice. */
  public boolean isFit() {
    return this == READY || this == UNKNOWN;
  }
}
