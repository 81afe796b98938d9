package io.modelgate.domain.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a key's calls count for where calls wait for a busy backend. */
public enum Tier {
  FREE,
  PAID;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Tier> ofWireName(String name) {
    return Arrays.stream(values()).filter(tier -> tier.wireName().equals(name)).findFirst();
  }
}
