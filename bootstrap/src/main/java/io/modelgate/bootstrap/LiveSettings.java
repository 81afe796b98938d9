package io.modelgate.bootstrap;

import io.modelgate.bootstrap.Settings.Fault;
import io.modelgate.bootstrap.Settings.Loading.Faulty;
import io.modelgate.bootstrap.Settings.Loading.Loaded;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The settings in force, and how they change while the gateway runs. Thread-safe. */
final class LiveSettings {
  private static final Logger LOG = LoggerFactory.getLogger(LiveSettings.class);

  private final @Nullable Path file;
  private final Map<String, String> environment;
  private final InstantSource clock;
  private volatile State state;

  /**
   * Begins with what was loaded.
   *
   * @param file where from; null for no file
   * @param environment where from, too; outranks the file at every reading
   */
  LiveSettings(
      @Nullable Path file, Map<String, String> environment, Loaded loaded, InstantSource clock) {
    this.file = file;
    this.environment = Map.copyOf(environment);
    this.clock = clock;
    this.state =
        new State(loaded.settings(), loaded.texts(), loaded.texts(), clock.instant(), List.of());
  }

  /** Those in force. */
  Settings current() {
    return state.settings();
  }

  State state() {
    return state;
  }

  @Nullable Path file() {
    return file;
  }

  /**
   * What is worth watching: the file and those of secrets. Nothing when one of them, a pipe
   * perhaps, cannot be read twice.
   */
  List<Path> files() {
    List<Path> files = new ArrayList<>(SettingsEnvironment.secretFiles(environment));
    if (file != null) {
      files.addFirst(file);
    }
    for (Path each : files) {
      if (!Files.isRegularFile(each)) {
        LOG.warn("changed settings will not be noticed: {} is not a regular file", each);
        return List.of();
      }
    }
    return List.copyOf(files);
  }

  /**
   * Reads everything again. Only when all of it is right anything changes; what came of it is
   * logged.
   *
   * @param apply given those in force before and now, when they differ
   */
  synchronized void reload(BiConsumer<Settings, Settings> apply) {
    switch (Settings.load(file, environment)) {
      case Faulty(var faults, _) -> refuse(faults);
      case Loaded(_, var wanted, _) -> take(wanted, apply);
    }
  }

  private void refuse(List<Fault> faults) {
    state = state.refusing(faults);
    LOG.warn(
        "the changed settings are wrong, the old ones stay: {}",
        faults.stream().map(Fault::toString).collect(Collectors.joining("; ")));
  }

  private void take(SettingsTexts wanted, BiConsumer<Settings, Settings> apply) {
    State before = state;
    if (wanted.equals(before.wanted())) {
      state = before.refusing(List.of());
      if (!before.faults().isEmpty()) {
        LOG.info("the settings are right again; nothing changed");
      }
      return;
    }
    SettingsTexts inForce = before.inForce().adopting(wanted);
    var after = new State(Settings.of(inForce), inForce, wanted, clock.instant(), List.of());
    state = after;
    String changes = before.inForce().describeChangesTo(inForce);
    if (!changes.isEmpty()) {
      apply.accept(before.settings(), after.settings());
      LOG.info("settings changed: {}", changes);
    }
    String waiting = after.waiting();
    if (!waiting.isEmpty() && !waiting.equals(before.waiting())) {
      LOG.warn("these settings change only with a restart: {}", waiting);
    }
  }

  /**
   * One moment's settings.
   *
   * @param inForce what {@code settings} were read from
   * @param wanted what the sources said when all was right the last time; where it differs from
   *     those in force, a restart is needed
   * @param loadedAt when that was read
   * @param faults of the last reading; empty when it was taken
   */
  record State(
      Settings settings,
      SettingsTexts inForce,
      SettingsTexts wanted,
      Instant loadedAt,
      List<Fault> faults) {
    private State refusing(List<Fault> newFaults) {
      return new State(settings, inForce, wanted, loadedAt, newFaults);
    }

    private String waiting() {
      return inForce.describeChangesTo(wanted);
    }
  }
}
