package io.modelgate.bootstrap;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The distribution as it is shipped, run as a process of its own. Thread-safe. */
final class GatewayProcess implements AutoCloseable {
  private static final Path LAUNCHER = Path.of("target/modelgate/bin/modelgate").toAbsolutePath();
  private static final Pattern LISTENS =
      Pattern.compile("listens on http://127\\.0\\.0\\.1:(\\d+)");
  private static final int PATIENCE_SECONDS = 60;

  private final Process process;
  private final Path complaints;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Integer> port = new CompletableFuture<>();
  private final Thread reader;

  private GatewayProcess(Process process, Path complaints) {
    this.process = process;
    this.complaints = complaints;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  /**
   * Runs it.
   *
   * @param folder to run it in
   * @param environment settings; of the caller's own environment no setting is passed on. Unless
   *     they say otherwise, backends are not asked how they are
   */
  static GatewayProcess run(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    Path complaints = Files.createTempFile(folder, "stderr", ".txt");
    var command = Stream.concat(Stream.of(LAUNCHER.toString()), Stream.of(arguments)).toList();
    var builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(complaints.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("MG_"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("MG_HEALTH_INTERVAL", "0s"); // scripted backends count what they hear
    builder.environment().putAll(environment);
    return new GatewayProcess(builder.start(), complaints);
  }

  private void read() {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      out.lines().forEach(this::take);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      port.completeExceptionally(new IOException("the process ended without listening"));
    }
  }

  private void take(String line) {
    synchronized (lines) {
      lines.add(line);
      lines.notifyAll();
    }
    Matcher listening = LISTENS.matcher(line);
    if (listening.find()) {
      port.complete(Integer.valueOf(listening.group(1)));
    }
  }

  /** Waits until it listens. */
  int port() {
    try {
      return port.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("it does not listen; it said:\n" + said() + complaint(), e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  long pid() {
    return process.pid();
  }

  String url() {
    return "http://127.0.0.1:" + port();
  }

  /** SIGTERM. */
  void terminate() {
    process.toHandle().destroy(); // Process.destroy() would close what is being read
  }

  /** SIGKILL; returns when it is gone. */
  void kill() {
    process.toHandle().destroyForcibly();
    exitCode();
  }

  /** Waits for its end, and for all that it said. */
  int exitCode() {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("it does not end; it said:\n" + said() + complaint());
      }
      reader.join();
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  /** Waits for a line on standard output with that text in it. */
  String awaitLine(String text) {
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try {
      synchronized (lines) {
        while (lines.stream().noneMatch(line -> line.contains(text))) {
          long left = TimeUnit.NANOSECONDS.toMillis(patience - System.nanoTime());
          if (left <= 0) {
            throw new AssertionError("no line with \"" + text + "\"; it said:\n" + said());
          }
          lines.wait(left);
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
    return lines.stream().filter(line -> line.contains(text)).findFirst().orElseThrow();
  }

  /** The lines on standard output so far. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** Standard output so far. */
  String said() {
    return String.join("\n", lines);
  }

  /** Standard error so far. */
  String complaint() {
    try {
      return Files.readString(complaints);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.toHandle().destroyForcibly();
    exitCode();
  }
}
