package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.Settings.Loading.Loaded;
import io.modelgate.infrastructure.admin.AdminApi;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveSettingsTest {
  private static final String SECRET = "hunter2-hunter2-hunter2";

  @TempDir private Path folder;
  @AutoClose private final RecordedLog log = RecordedLog.of(LiveSettings.class);
  private final Map<String, String> environment = new HashMap<>();
  private final SettableClock clock = new SettableClock(Samples.NOON);
  private final List<Settings> applied = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private Path file;

  @SuppressWarnings("NullAway.Init")
  private LiveSettings live;

  @BeforeEach
  void startFromAFile() throws IOException {
    file = folder.resolve("modelgate.yaml");
    startFrom("timeout: 10s\nserver: {port: 1}\n");
  }

  private void startFrom(String text) throws IOException {
    Files.writeString(file, text);
    var loaded = (Loaded) Settings.load(file, environment);
    live = new LiveSettings(file, environment, loaded, clock);
  }

  private void change(String text) throws IOException {
    Files.writeString(file, text);
    reload();
  }

  private void reload() {
    live.reload((_, now) -> applied.add(now));
  }

  @Test
  void takeOverWhatAppliesAtOnceAndSaySoOnOneLine() throws IOException {
    change(
        """
        timeout: 20s
        server.port: 1
        adapters.vllm: {base-url: "http://gpu.example:8000", api-key: %s}
        """
            .formatted(SECRET));

    assertThat(live.current().timeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(applied).containsExactly(live.current());
    assertThat(log.news())
        .containsExactly(
            "INFO settings changed: timeout 10s → 20s, adapters.vllm.base-url"
                + " http://localhost:8000 → http://gpu.example:8000,"
                + " adapters.vllm.api-key nothing → «…»");
  }

  @Test
  void sayNothingWhenNothingChanged() throws IOException {
    reload();
    change("# the same in other words\nserver.port: 1\ntimeout: 10000ms\n");

    assertThat(applied).isEmpty();
    assertThat(log.lines()).isEmpty();
  }

  @Test
  void stayAsTheyWereWhenOneThingIsWrongAndNameAllThatIs() throws IOException {
    change("timeout: 20s\nlog.level: loud\nsever.port: 2\n");

    assertThat(live.current().timeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(applied).isEmpty();
    assertThat(log.news())
        .singleElement()
        .asString()
        .startsWith("WARN the changed settings are wrong, the old ones stay: ")
        .contains(file + ": sever.port – is no setting; did you mean server.port?")
        .contains(file + ": log.level: loud – needs one of error, warn, info, debug, trace");
    assertThat(shown().faults()).hasSize(2);
  }

  @Test
  void stayAsTheyWereWhileThereIsNoFile() throws IOException {
    Files.delete(file);
    reload();

    assertThat(live.current().timeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(log.news())
        .singleElement()
        .asString()
        .contains(file + ": the file – needs to be a readable file, but there is none");

    change("timeout: 30s\nserver.port: 1\n");
    assertThat(live.current().timeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(shown().faults()).isEmpty();
  }

  @Test
  void tellWhenWhatWasWrongIsAsItWas() throws IOException {
    change("timeout: never\n");
    log.news();

    change("timeout: 10s\nserver.port: 1\n");

    assertThat(shown().faults()).isEmpty();
    assertThat(log.news()).containsExactly("INFO the settings are right again; nothing changed");
  }

  @Test
  void nameOnceWhatNeedsARestartAndKeepItUntilThen() throws IOException {
    change("timeout: 20s\nserver.port: 2\nadmin.api-key: %s\n".formatted(SECRET));

    assertThat(live.current().server().port()).isEqualTo(1);
    assertThat(live.current().adminApiKey()).isNull();
    assertThat(log.news())
        .containsExactly(
            "INFO settings changed: timeout 10s → 20s",
            "WARN these settings change only with a restart: server.port 1 → 2,"
                + " admin.api-key nothing → «…»");
    assertThat(shown("server.port"))
        .isEqualTo(
            new AdminApi.Setting(
                "server.port",
                "1",
                "18080",
                file.toString(),
                "after restart",
                new AdminApi.Pending("2")));
    assertThat(shown("admin.api-key"))
        .isEqualTo(
            new AdminApi.Setting(
                "admin.api-key",
                null,
                null,
                "default",
                "after restart",
                new AdminApi.Pending("«…»")));

    change("timeout: 30s\nserver.port: 2\nadmin.api-key: %s\n".formatted(SECRET));
    assertThat(log.news()).containsExactly("INFO settings changed: timeout 20s → 30s");
  }

  @Test
  void forgetWhatWaitedForARestartWhenItIsTakenBack() throws IOException {
    change("timeout: 10s\nserver.port: 2\n");
    change("timeout: 10s\nserver.port: 1\n");

    assertThat(shown("server.port").pending()).isNull();
    assertThat(applied).isEmpty();
  }

  @Test
  void areOutrankedByTheEnvironmentAsAtTheStart() throws IOException {
    environment.put("MG_TIMEOUT", "1m");
    startFrom("timeout: 10s\n");

    change("timeout: 20s\n");

    assertThat(live.current().timeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(shown("timeout").origin()).isEqualTo("MG_TIMEOUT");
    assertThat(log.lines()).isEmpty();
  }

  @Test
  void takeOverASecretWhoseFileChanged() throws IOException {
    Path secret = Files.writeString(folder.resolve("vllm-key"), "before\n");
    environment.put("MG_ADAPTERS_VLLM_API_KEY_FILE", secret.toString());
    startFrom("timeout: 10s\n");
    assertThat(live.files()).containsExactly(file, secret);

    Files.writeString(secret, "after\n");
    reload();

    assertThat(log.news())
        .containsExactly("INFO settings changed: adapters.vllm.api-key «…» → «…»");
    assertThat(shown("adapters.vllm.api-key"))
        .isEqualTo(
            new AdminApi.Setting(
                "adapters.vllm.api-key",
                "«…»",
                null,
                "MG_ADAPTERS_VLLM_API_KEY_FILE",
                "at once",
                null));
  }

  @Test
  void tellWhenThoseInForceWereLoaded() throws IOException {
    clock.advance(Duration.ofSeconds(5));
    change("timeout: bad\n");
    reload();
    assertThat(shown().loadedAt()).isEqualTo(Samples.NOON);

    change("timeout: 20s\nserver.port: 1\n");
    assertThat(shown().loadedAt()).isEqualTo(Samples.NOON.plusSeconds(5));
    assertThat(shown().file()).isEqualTo(file.toString());
  }

  @Test
  void areNotWatchedWhereAFileCannotBeReadTwice() {
    environment.put("MG_ADMIN_API_KEY_FILE", "/dev/null");
    var piped = new LiveSettings(file, environment, (Loaded) Settings.load(file, Map.of()), clock);

    assertThat(piped.files()).isEmpty();
    assertThat(log.news())
        .containsExactly(
            "WARN changed settings will not be noticed: /dev/null is not a regular file");
  }

  private AdminApi.Settings shown() {
    return ShownSettings.of(live);
  }

  private AdminApi.Setting shown(String key) {
    return shown().all().stream().filter(one -> one.key().equals(key)).findFirst().orElseThrow();
  }
}
