package io.modelgate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code .ci/ThirdParty.java} as the build does. */
class ThirdPartyTest {
  private static final Path PROGRAM =
      Path.of("../.ci/ThirdParty.java").toAbsolutePath().normalize();

  @TempDir Path folder = Path.of("unset");

  @Test
  void listsComponentsOfOthersWithTheirLicences() throws Exception {
    Ended ended =
        run(
            component("org.b", "two", "<license><name>EDL 1.0</name></license>")
                + component("io.modelgate", "modelgate-domain", "")
                + component(
                    "org.a",
                    "one",
                    "<license><id>LGPL-2.1-only</id></license><license><id>EPL-1.0</id></license>"));

    assertThat(ended.exitCode()).as(ended.output()).isZero();
    assertThat(ended.output()).startsWith("2 components of others");
    assertThat(Files.readAllLines(folder.resolve("THIRD-PARTY.txt")))
        .endsWith("org.a:one:1  LGPL-2.1-only or EPL-1.0", "org.b:two:1  BSD-3-Clause-EDL");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<license><id>GPL-3.0-only</id></license>",
        "<license><name>Some licence of our own</name></license>",
        ""
      })
  void failsWhenSomethingMayNotBeShipped(String licence) throws Exception {
    Ended ended = run(component("org.a", "one", licence));

    assertThat(ended.output())
        .startsWith("third party: org.a:one:1 has no licence that is allowed");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(folder.resolve("THIRD-PARTY.txt")).doesNotExist();
  }

  @Test
  void failsWhenNothingIsListed() throws Exception {
    assertThat(run("").exitCode()).isEqualTo(1);
    assertThat(run("<").exitCode()).isEqualTo(1);
  }

  @Test
  void takesWhatMayBeUntrueAwayWhenMavenIsOffline() throws Exception {
    Files.writeString(folder.resolve("sbom.xml"), "old");
    Files.writeString(folder.resolve("sbom.json"), "old");
    Files.writeString(folder.resolve("THIRD-PARTY.txt"), "old");

    assertThat(run(true).exitCode()).isZero();
    assertThat(folder).isEmptyDirectory();
    assertThat(run(false).exitCode()).as("online it must be there").isEqualTo(1);
  }

  private static String component(String group, String name, String licences) {
    return "<component type='library'><group>%s</group><name>%s</name><version>1</version><licenses>%s</licenses></component>"
        .formatted(group, name, licences);
  }

  private record Ended(int exitCode, String output) {}

  private Ended run(String components) throws Exception {
    Files.writeString(
        folder.resolve("sbom.xml"),
        "<bom xmlns='http://cyclonedx.org/schema/bom/1.6'><components>"
            + components
            + "</components></bom>");
    return run(false);
  }

  private Ended run(boolean offline) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                PROGRAM.toString(),
                folder.toString(),
                "offline=" + offline)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }
}
