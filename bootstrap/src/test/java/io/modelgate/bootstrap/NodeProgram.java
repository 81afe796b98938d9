package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program of Node's that has ended.
 *
 * @param output what it said on standard output and standard error
 */
record NodeProgram(int exitCode, String output) {

  /**
   * Runs it to its end.
   *
   * @param environment more than what is inherited; of that, no setting of the gateway's is passed
   *     on
   * @param patience after which it is killed, and the test fails
   */
  static NodeProgram run(
      Path folder, Map<String, String> environment, List<String> command, Duration patience)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("node", ".log");
    try {
      var builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("MG_"));
      builder.environment().putAll(environment);
      Process process = builder.start();
      boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      String said = Files.readString(output, StandardCharsets.UTF_8);
      assertThat(ended).as("%s ends within %s; it said:%n%s", command, patience, said).isTrue();
      return new NodeProgram(process.exitValue(), said);
    } finally {
      Files.delete(output);
    }
  }
}
