package io.modelgate.bootstrap;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Gives each setting the value of the last source that has one, and collects all that is wrong. */
final class SettingsReader {
  private final List<SettingsSource.Value> values = new ArrayList<>();
  private final List<Settings.Fault> faults = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private final Map<SettingsKey<?>, SettingsSource.Value> given = new HashMap<>();

  /** Adds a source that outranks those before. */
  void add(SettingsSource source) {
    values.addAll(source.values());
    faults.addAll(source.faults());
    warnings.addAll(source.warnings());
  }

  /** For a key that has a default; a wrong value is noted and the default taken. */
  <T> T read(SettingsKey<T> key) {
    return Objects.requireNonNull(readOrNull(key), key.name());
  }

  /** For a key that may stay without a value. Each source's value is checked, outranked or not. */
  <T> @Nullable T readOrNull(SettingsKey<T> key) {
    T result =
        key.defaultText() == null
            ? null
            : key.form().reading().apply(key.defaultText()).orElseThrow();
    for (SettingsSource.Value value : values) {
      if (!value.key().equals(key)) {
        continue;
      }
      Optional<T> read = key.form().reading().apply(value.text());
      if (read.isPresent()) {
        result = read.get();
        given.put(key, value);
      } else {
        faults.add(
            new Settings.Fault(
                key.name(),
                key.shown(value.text()),
                "needs " + key.form().allowed(),
                value.origin()));
      }
    }
    return result;
  }

  /** Notes that one key means nothing without another, if it was given. */
  void needs(SettingsKey<?> key, SettingsKey<?> other) {
    SettingsSource.Value value = given.get(key);
    if (value != null) {
      faults.add(
          new Settings.Fault(
              key.name(),
              key.shown(value.text()),
              "means nothing without " + other.name(),
              value.origin()));
    }
  }

  /** What was read so far, as it was written. */
  SettingsTexts texts() {
    return new SettingsTexts(given);
  }

  List<Settings.Fault> faults() {
    return List.copyOf(faults);
  }

  List<String> warnings() {
    return List.copyOf(warnings);
  }
}
