package io.modelgate.bootstrap;

import java.util.List;

/**
 * What one source of settings holds.
 *
 * @param values texts for keys of {@link SettingsTable}; empty texts are left out, since a key or a
 *     variable without a value is how people say "nothing"
 * @param faults what is wrong whatever the values are
 * @param warnings sentences
 */
record SettingsSource(List<Value> values, List<Settings.Fault> faults, List<String> warnings) {

  /**
   * One text.
   *
   * @param key of {@link SettingsTable}
   * @param origin the file, or the name of the environment variable
   */
  record Value(SettingsKey<?> key, String text, String origin) {
    /** The text may be a secret. */
    @Override
    public String toString() {
      return key.name() + "=" + key.masked(text) + " from " + origin;
    }
  }
}
