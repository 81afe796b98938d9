package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program as it is delivered, started as an operator starts it. */
@Timeout(120)
class DistributionIT {
  private static final Path LAUNCHER = Path.of("target/modelgate/bin/modelgate").toAbsolutePath();

  @TempDir Path folder = Path.of("unset");

  @Test
  void tellsItsVersion() throws Exception {
    Ended ended = run(Map.of(), LAUNCHER.toString(), "--version");

    assertThat(ended.output()).matches("modelgate \\d+\\.\\d+\\.\\d+ \\(java 2[5-9].*\\)\n");
    assertThat(ended.exitCode()).isZero();
  }

  @Test
  void listsAllThatItShipsOfOthers() throws Exception {
    Path home = Path.of("target/modelgate");
    assumeThat(home.resolve("sbom.json")).as("not made offline").exists();
    Set<String> shipped;
    try (var jars = Files.list(home.resolve("lib"))) {
      shipped =
          jars.map(jar -> home.resolve("lib").relativize(jar).toString())
              .filter(name -> !name.startsWith("modelgate"))
              .collect(Collectors.toSet());
    }
    Set<String> listed = new HashSet<>();
    for (JsonNode component :
        new ObjectMapper().readTree(home.resolve("sbom.json").toFile()).get("components")) {
      if (!component.get("group").textValue().equals("io.modelgate")) {
        listed.add(
            component.get("name").textValue()
                + "-"
                + component.get("version").textValue()
                + ".jar");
      }
    }

    assertThat(shipped).hasSizeGreaterThan(50);
    assertThat(listed).containsExactlyInAnyOrderElementsOf(shipped);
    assertThat(Files.readAllLines(home.resolve("THIRD-PARTY.txt"))).hasSize(2 + shipped.size());
  }

  @Test
  void showsItsUseWhenNothingIsAsked() throws Exception {
    Ended ended = run(Map.of(), LAUNCHER.toString());

    assertThat(ended.output()).startsWith("Usage: modelgate").contains("serve");
    assertThat(ended.exitCode()).isEqualTo(2);
  }

  @Test
  void servesFromAnyFolderThroughLinksAndStopsWellWhenAsked() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("direct"), LAUNCHER);
    Path linkToLink = Files.createSymbolicLink(folder.resolve("gate"), link.getFileName());
    Process gateway = start(Map.of(), linkToLink.toString(), "serve").start();
    try (BufferedReader output = gateway.inputReader(StandardCharsets.UTF_8)) {
      assertThat(untilUp(output).getLast())
          .matches("ModelGate \\d+\\.\\d+\\.\\d+ listens on http://127\\.0\\.0\\.1:[1-9]\\d+");

      // SIGTERM; Process.destroy() would close the output as well
      gateway.toHandle().destroy();

      List<String> rest = output.lines().toList();
      assertThat(gateway.waitFor()).as("%s", rest).isZero();
    } finally {
      gateway.destroyForcibly();
    }
  }

  @Test
  void announcesItselfInJsonWhereTheLogIsJson() throws Exception {
    Process gateway = start(Map.of("MG_LOG_FORMAT", "json"), LAUNCHER.toString(), "serve").start();
    try (BufferedReader output = gateway.inputReader(StandardCharsets.UTF_8)) {
      assertThat(untilUp(output))
          .allMatch(line -> line.startsWith("{\"timestamp\":") && line.endsWith("}"));
    } finally {
      gateway.destroyForcibly();
    }
  }

  @Test
  void listsAllFaultsInTheSettingsAndDoesNotStart() throws Exception {
    Ended ended =
        run(Map.of("MG_SERVER_PORT", "none", "MG_TIMEOUT", "never"), LAUNCHER.toString(), "serve");

    assertThat(ended.output())
        .contains("MG_SERVER_PORT: server.port: none – needs a whole number from 0 to 65535\n")
        .contains("MG_TIMEOUT: timeout: never – needs a duration");
    assertThat(ended.exitCode()).isEqualTo(2);
  }

  @Test
  void saysInOneSentenceThatThereIsNoJava() throws Exception {
    Path copy = folder.resolve("bin/modelgate");
    Files.createDirectories(copy.getParent());
    // hides the places where a real JDK could be
    String script = Files.readString(LAUNCHER).replaceAll("(/usr|/opt|/Library)/", "/nowhere/");
    Files.writeString(copy, script);
    Path fake =
        Files.writeString(folder.resolve("java"), "#!/bin/sh\necho 'version \"17.0.1\"' >&2\n");
    assertThat(fake.toFile().setExecutable(true)).isTrue();

    Ended ended =
        run(
            Map.of("JAVA_HOME", "", "HOME", "/nowhere", "PATH", folder + ":/usr/bin:/bin"),
            "/bin/sh",
            copy.toString(),
            "serve");

    assertThat(ended.output())
        .isEqualTo(
            "ModelGate needs Java 25: install one (for example Temurin 25) or point JAVA_HOME at"
                + " it.\n");
    assertThat(ended.exitCode()).isEqualTo(1);
  }

  /** What was printed up to and with the line that tells the address; ends where it never comes. */
  private static List<String> untilUp(BufferedReader output) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.contains(" listens on ")) {
        return lines;
      }
    }
    return fail("it ended before it was up: " + lines);
  }

  private record Ended(int exitCode, String output) {}

  private Ended run(Map<String, String> environment, String... command) throws Exception {
    Process process = start(environment, command).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), output);
  }

  private ProcessBuilder start(Map<String, String> environment, String... command)
      throws IOException {
    var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("MG_"));
    builder.environment().put("LC_ALL", "C");
    builder.environment().put("MG_SERVER_HOST", "127.0.0.1");
    builder.environment().put("MG_SERVER_PORT", "0");
    builder.environment().put("MG_DATABASE_PATH", folder.resolve("data/modelgate.db").toString());
    builder.environment().putAll(environment);
    return builder;
  }
}
