package io.modelgate.domain.routing;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Where a model comes from. */
public enum ModelSource {
  /** Somebody made it; nothing else changes it. */
  MANUAL,
  /** A backend offered it; it comes and goes with what backends offer. */
  SYNC;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<ModelSource> ofWireName(String name) {
    return Arrays.stream(values()).filter(source -> source.wireName().equals(name)).findFirst();
  }
}
