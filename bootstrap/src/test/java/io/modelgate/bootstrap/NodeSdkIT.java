package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own SDK for Node, pointed at the gateway; the tests are in {@code src/test/node}. */
class NodeSdkIT {
  private static final Path SOURCES = Path.of("src/test/node");
  private static final Path WORKSHOP = Path.of("target/node");

  private final List<DialectEngine> engines = new ArrayList<>();

  @Test
  void passesItsTests(@TempDir Path folder) throws Exception {
    install();
    try (var engine = FakeEngine.start();
        var gateway = GatewayFixture.start(folder)) {
      engine.registerAt(gateway.admin());
      startEngines(gateway.admin());
      AdminClient.IssuedKey disabled = gateway.admin().createKey("disabled");
      gateway.admin().changeKey(disabled.id(), "{\"status\":\"disabled\"}");
      AdminClient.IssuedKey poor = gateway.admin().createKey("poor");
      gateway.admin().changeKey(poor.id(), "{\"quota_tokens\":0}");

      Finished tests =
          run(
              Map.of(
                  "MODELGATE_URL", gateway.url(),
                  "MODELGATE_KEY", gateway.admin().createKey("node-sdk").secret(),
                  "MODELGATE_DISABLED_KEY", disabled.secret(),
                  "MODELGATE_POOR_KEY", poor.secret()),
              testCommand());

      assertThat(tests.exitCode()).as(tests.output()).isZero();
      assertThat(tests.count("pass")).as(tests.output()).isGreaterThan(60);
      assertThat(tests.count("fail")).isZero();
      assertThat(tests.count("skipped")).isZero();
      assertThat(tests.count("todo")).isZero();
      assertThat(engine.calls("busy-once")).as("one call, one retry").isEqualTo(2);
    }
  }

  private void startEngines(AdminClient admin) {
    for (EngineDialect dialect : EngineDialect.values()) {
      var engine = DialectEngine.start(dialect);
      engines.add(engine);
      engine.registerAt(admin);
    }
  }

  @AfterEach
  void stop() throws IOException {
    for (DialectEngine engine : engines) {
      engine.close();
    }
  }

  private static List<String> testCommand() throws IOException {
    var command = new ArrayList<>(List.of("node", "--test", "--test-reporter=tap"));
    try (Stream<Path> files = Files.list(WORKSHOP)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".test.mjs"))
          .sorted()
          .forEach(command::add);
    }
    return command;
  }

  /** Into the build's own folder, so that the source tree stays as it is. */
  private static void install() throws Exception {
    Files.createDirectories(WORKSHOP);
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, WORKSHOP.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Finished install = run(Map.of(), List.of("npm", "ci", "--ignore-scripts", "--prefer-offline"));
    assertThat(install.exitCode())
        .as(
            "npm cannot install OpenAI's SDK for Node; it must reach its registry or have the"
                + " package in its cache. It said:%n%s",
            install.output())
        .isZero();
  }

  private static Finished run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path output = WORKSHOP.resolve(command.getFirst() + ".log");
    var builder =
        new ProcessBuilder(command)
            .directory(WORKSHOP.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    boolean ended = process.waitFor(90, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    String said = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(ended).as("%s ends within 90 s; it said:%n%s", command, said).isTrue();
    return new Finished(process.exitValue(), said);
  }

  private record Finished(int exitCode, String output) {
    /** What Node's summary says, e.g. {@code # pass 31}. */
    int count(String outcome) {
      Matcher line = Pattern.compile("(?m)^# " + outcome + " (\\d+)$").matcher(output);
      assertThat(line.find()).as("a summary in:%n%s", output).isTrue();
      return Integer.parseInt(line.group(1));
    }
  }
}
