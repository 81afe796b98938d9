package io.modelgate.bootstrap;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the sources say, as texts that can all be read.
 *
 * @param given the value that counts for each key; keys without one have their default
 */
record SettingsTexts(Map<SettingsKey<?>, SettingsSource.Value> given) {
  private static final String DEFAULT = "default";

  SettingsTexts {
    given = Map.copyOf(given);
  }

  /** As it would stand in the file; null for nothing. */
  @Nullable String text(SettingsKey<?> key) {
    SettingsSource.Value value = given.get(key);
    return value == null ? key.defaultText() : value.text();
  }

  /** Who says so: {@code default}, the file, or the name of a variable. */
  String origin(SettingsKey<?> key) {
    SettingsSource.Value value = given.get(key);
    return value == null ? DEFAULT : value.origin();
  }

  /** What holds once others are wanted: theirs, but where a change needs a restart, these. */
  SettingsTexts adopting(SettingsTexts wanted) {
    var adopted = new LinkedHashMap<>(wanted.given);
    for (SettingsKey<?> key : changesTo(wanted)) {
      switch (key.applies()) {
        case AT_ONCE -> {}
        case AFTER_RESTART -> {
          adopted.remove(key);
          SettingsSource.Value kept = given.get(key);
          if (kept != null) {
            adopted.put(key, kept);
          }
        }
      }
    }
    return new SettingsTexts(adopted);
  }

  /** The keys that say something else there, in the table's order. */
  List<SettingsKey<?>> changesTo(SettingsTexts other) {
    return SettingsTable.ALL.stream()
        .filter(key -> !key.isSame(text(key), other.text(key)))
        .toList();
  }

  /** {@link #changesTo} in words, without secrets; empty for none. */
  String describeChangesTo(SettingsTexts other) {
    return changesTo(other).stream()
        .map(key -> key.name() + " " + shown(key) + " → " + other.shown(key))
        .collect(Collectors.joining(", "));
  }

  private String shown(SettingsKey<?> key) {
    String text = text(key);
    return text == null ? "nothing" : key.shown(text);
  }

  /** Without secrets, in full; null for nothing. */
  @Nullable String masked(SettingsKey<?> key) {
    String text = text(key);
    return text == null ? null : key.masked(text);
  }

  /** Texts may be secrets. */
  @Override
  public String toString() {
    return SettingsTable.ALL.stream()
        .filter(given::containsKey)
        .map(key -> key.name() + "=" + Objects.requireNonNull(masked(key)))
        .collect(Collectors.joining(", ", "SettingsTexts[", "]"));
  }
}
