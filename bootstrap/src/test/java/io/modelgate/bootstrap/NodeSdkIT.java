package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

      NodeProgram tests =
          run(
              Map.of(
                  "MODELGATE_URL", gateway.url(),
                  "MODELGATE_KEY", gateway.admin().createKey("node-sdk").secret(),
                  "MODELGATE_DISABLED_KEY", disabled.secret(),
                  "MODELGATE_POOR_KEY", poor.secret()),
              testCommand());

      assertThat(tests.exitCode()).as(tests.output()).isZero();
      assertThat(count(tests, "pass")).as(tests.output()).isGreaterThan(60);
      assertThat(count(tests, "fail")).isZero();
      assertThat(count(tests, "skipped")).isZero();
      assertThat(count(tests, "todo")).isZero();
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
    NodeProgram install =
        run(Map.of(), List.of("npm", "ci", "--ignore-scripts", "--prefer-offline"));
    assertThat(install.exitCode())
        .as(
            "npm cannot install OpenAI's SDK for Node; it must reach its registry or have the"
                + " package in its cache. It said:%n%s",
            install.output())
        .isZero();
  }

  private static NodeProgram run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    return NodeProgram.run(WORKSHOP, environment, command, Duration.ofSeconds(90));
  }

  /** What Node's summary says, e.g. {@code # pass 31}. */
  private static int count(NodeProgram tests, String outcome) {
    Matcher line = Pattern.compile("(?m)^# " + outcome + " (\\d+)$").matcher(tests.output());
    assertThat(line.find()).as("a summary in:%n%s", tests.output()).isTrue();
    return Integer.parseInt(line.group(1));
  }
}
