package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.Settings.Loading.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The papers an operator reads say what {@link SettingsTable} says; failures show what to write.
 */
class SettingsPapersTest {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Path SHIPPED = REPOSITORY.resolve("config/modelgate.yaml");

  @Test
  void theShippedFileNamesEverySettingAtItsDefaultAndNothingElse() throws IOException {
    assertThat(SHIPPED).content().isEqualTo(SettingsPapers.yaml());
  }

  @Test
  void theShippedFileChangesNothing() {
    assertThat(Settings.load(SHIPPED, Map.of())).isEqualTo(defaults());
  }

  @Test
  void theShippedFileWithoutItsHashSignsChangesNothing(@TempDir Path folder) throws IOException {
    String uncommented = Files.readString(SHIPPED).replaceAll("(?m)^( *)#(?=\\S)", "$1");
    Path file = Files.writeString(folder.resolve("all.yaml"), uncommented);

    assertThat(uncommented.lines().filter(line -> line.matches(" *[a-z0-9-]+:.*")))
        .hasSizeGreaterThan(SettingsTable.ALL.size());
    assertThat(Settings.load(file, Map.of()))
        .isInstanceOfSatisfying(
            Loaded.class, loaded -> assertThat(loaded.settings()).isEqualTo(defaults().settings()));
  }

  @Test
  void theReadmeHasARowForEverySetting() throws IOException {
    List<String> rows = SettingsPapers.markdownRows();

    assertThat(Files.readAllLines(REPOSITORY.resolve("README.md")))
        .as("README.md needs these rows:%n%s", String.join("\n", rows))
        .containsAll(rows);
  }

  private static Loaded defaults() {
    return (Loaded) Settings.load(null, Map.of());
  }
}
