package io.modelgate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code .ci/CoverageGate.java} as the build does. */
class CoverageGateTest {
  private static final Path GATE = Path.of("../.ci/CoverageGate.java").toAbsolutePath().normalize();

  @TempDir Path folder = Path.of("unset");

  @Test
  void opensWhenEnoughLinesAreCovered() throws Exception {
    Ended ended =
        gate(
            report(
                group("domain", 5, 45),
                group("application", 5, 5),
                group("infrastructure", 10, 30)));

    assertThat(ended.output())
        .isEqualTo(
            "line coverage 80.0 % (domain 90.0, application 50.0, infrastructure 75.0), at least"
                + " 80 % wanted\n");
    assertThat(ended.exitCode()).isZero();
  }

  @Test
  void staysShutWhenOneLineIsMissing() throws Exception {
    Ended ended =
        gate(
            report(
                group("domain", 5, 45),
                group("application", 5, 5),
                group("infrastructure", 11, 29)));

    assertThat(ended.output()).startsWith("coverage: line coverage 79.0 %");
    assertThat(ended.exitCode()).isEqualTo(1);
  }

  @Test
  void staysShutWhenAModuleIsNotInTheReportOrHasNoLines() throws Exception {
    Ended missing = gate(report(group("domain", 0, 10), group("application", 0, 10)));
    Ended empty =
        gate(
            report(
                group("domain", 0, 10),
                group("application", 0, 0),
                group("infrastructure", 0, 10)));

    assertThat(missing.output()).isEqualTo("coverage: the report has no lines of infrastructure\n");
    assertThat(empty.output()).isEqualTo("coverage: the report has no lines of application\n");
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(empty.exitCode()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<report", "<report name='x'/>", "no xml"})
  void staysShutWhenTheReportIsNone(String text) throws Exception {
    assertThat(gate(text).exitCode()).isEqualTo(1);
  }

  @Test
  void staysShutWhenThereIsNoReport() throws Exception {
    Ended ended = run(folder.resolve("none.xml"));

    assertThat(ended.output()).startsWith("coverage: there is no report at ");
    assertThat(ended.exitCode()).isEqualTo(1);
  }

  private record Ended(int exitCode, String output) {}

  private Ended gate(String report) throws IOException, InterruptedException {
    return run(Files.writeString(folder.resolve("jacoco.xml"), report));
  }

  private static Ended run(Path report) throws IOException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Process process =
        new ProcessBuilder(java.toString(), GATE.toString(), report.toString(), "80")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  private static String report(String... groups) {
    return """
        <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
        <report name="ModelGate: bootstrap">%s<counter type="LINE" missed="0" covered="9999"/></report>
        """
        .formatted(String.join("", groups));
  }

  /** As JaCoCo nests it: counters of packages and classes come before the module's own. */
  private static String group(String module, int missed, int covered) {
    return """
        <group name="modelgate-%s"><package name="p"><class name="p/C"><counter type="LINE" missed="0"
        covered="77"/></class><counter type="LINE" missed="0" covered="77"/></package>
        <counter type="INSTRUCTION" missed="0" covered="88"/><counter type="LINE" missed="%d"
        covered="%d"/></group>
        """
        .formatted(module, missed, covered);
  }
}
