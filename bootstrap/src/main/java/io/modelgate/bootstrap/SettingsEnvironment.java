package io.modelgate.bootstrap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Reads the {@code MG_} variables, and the files that {@code MG_…_FILE} variables point to. */
final class SettingsEnvironment {
  /** Read by {@code bin/modelgate}, not here. */
  private static final Set<String> LAUNCHER = Set.of("MG_JAVA_OPTS");

  private final Map<String, String> environment;
  private final List<SettingsSource.Value> values = new ArrayList<>();
  private final List<Settings.Fault> faults = new ArrayList<>();

  private SettingsEnvironment(Map<String, String> environment) {
    this.environment = environment;
  }

  static SettingsSource read(Map<String, String> environment) {
    var reading = new SettingsEnvironment(environment);
    SettingsTable.ALL.forEach(reading::readVariable);
    return new SettingsSource(reading.values, reading.faults, reading.unknownNames());
  }

  /** The files that hold secrets, as far as the variables name some. */
  static List<Path> secretFiles(Map<String, String> environment) {
    return SettingsTable.ALL.stream()
        .filter(key -> key.form().secret())
        .map(key -> environment.getOrDefault(key.fileVariable(), ""))
        .filter(file -> !file.isEmpty())
        .map(Path::of)
        .toList();
  }

  private void readVariable(SettingsKey<?> key) {
    String text = environment.getOrDefault(key.variable(), "");
    String file = key.form().secret() ? environment.getOrDefault(key.fileVariable(), "") : "";
    if (!text.isEmpty() && !file.isEmpty()) {
      fault(key, "", "set this or " + key.variable() + ", not both");
    } else if (!text.isEmpty()) {
      values.add(new SettingsSource.Value(key, text, key.variable()));
    } else if (!file.isEmpty()) {
      readSecret(key, file);
    }
  }

  private void readSecret(SettingsKey<?> key, String file) {
    try {
      String text = Files.readString(Path.of(file)).replaceFirst("\\r?\\n$", "");
      if (text.isEmpty()) {
        fault(key, file, "needs a file with a secret in it, but it is empty");
      } else {
        values.add(new SettingsSource.Value(key, text, key.fileVariable()));
      }
    } catch (IOException | InvalidPathException e) {
      fault(key, file, "needs a readable file, but: " + e.getClass().getSimpleName());
    }
  }

  private void fault(SettingsKey<?> key, String value, String allowed) {
    faults.add(new Settings.Fault(key.name(), value, allowed, key.fileVariable()));
  }

  private List<String> unknownNames() {
    List<String> known =
        SettingsTable.ALL.stream()
            .flatMap(
                key ->
                    key.form().secret()
                        ? Stream.of(key.variable(), key.fileVariable())
                        : Stream.of(key.variable()))
            .toList();
    return new TreeSet<>(environment.keySet())
        .stream()
            .filter(name -> name.startsWith("MG_"))
            .filter(name -> !known.contains(name) && !LAUNCHER.contains(name))
            .map(name -> warning(name, known))
            .toList();
  }

  private static String warning(String name, List<String> known) {
    return name
        + " is set and means nothing"
        + NearestName.to(name, known).map(near -> "; did you mean " + near + "?").orElse("");
  }
}
