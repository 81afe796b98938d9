package io.modelgate.bootstrap;

import io.modelgate.infrastructure.admin.AdminApi;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes the settings for the admin API: every key with its value and where that comes from. */
final class ShownSettings {
  private ShownSettings() {}

  static AdminApi.Settings of(LiveSettings live) {
    LiveSettings.State state = live.state();
    return new AdminApi.Settings(
        SettingsTable.ALL.stream().map(key -> setting(key, state)).toList(),
        Objects.toString(live.file(), null),
        state.loadedAt().truncatedTo(ChronoUnit.MILLIS),
        state.faults().stream().map(Settings.Fault::toString).toList());
  }

  private static AdminApi.Setting setting(SettingsKey<?> key, LiveSettings.State state) {
    return new AdminApi.Setting(
        key.name(),
        state.inForce().masked(key),
        key.defaultText(),
        state.inForce().origin(key),
        key.applies().toString(),
        pending(key, state));
  }

  private static AdminApi.@Nullable Pending pending(SettingsKey<?> key, LiveSettings.State state) {
    return key.isSame(state.inForce().text(key), state.wanted().text(key))
        ? null
        : new AdminApi.Pending(state.wanted().masked(key));
  }
}
