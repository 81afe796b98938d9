package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The panel in a real Chromium, against the distribution; the tests are in {@code admin-ui/e2e},
 * and leave a picture of each page in {@code target/screenshots}.
 */
class PanelIT {

  @Test
  void passesItsTests() throws Exception {
    NodeProgram tests =
        NodeProgram.run(
            Path.of("../admin-ui"),
            Map.of("JAVA_HOME", System.getProperty("java.home")),
            List.of("node", "build.mjs", "e2e"),
            Duration.ofMinutes(6));

    assertThat(tests.exitCode()).as(tests.output()).isZero();
    assertThat(tests.output())
        .containsPattern("[5-9]\\d passed \\(")
        .doesNotContain(" skipped", " flaky");
  }
}
