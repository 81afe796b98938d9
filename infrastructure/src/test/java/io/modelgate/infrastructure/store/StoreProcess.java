package io.modelgate.infrastructure.store;

import static io.modelgate.testing.ApiKeysContract.key;
import static io.modelgate.testing.Samples.DEED;

import io.modelgate.domain.access.KeyId;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Another process that opens a store: says {@code opened} or {@code refused …}, then, until it is
 * killed, charges three tokens at a time from several threads and adds keys, and says {@code
 * charged <request>} or {@code added <id>} after each that was acknowledged.
 */
final class StoreProcess implements AutoCloseable {
  static final KeyId CHARGED = new KeyId("charged");
  static final int CHARGING_THREADS = 8;
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final Process process;
  private final BufferedReader output;

  private StoreProcess(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  static StoreProcess start(Path database) throws IOException {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                StoreProcess.class.getName(),
                database.toString())
            .redirectErrorStream(true)
            .start();
    return new StoreProcess(process);
  }

  long pid() {
    return process.pid();
  }

  /** The next thing it says that begins so; fails when it ends without. */
  String hear(String beginning) throws IOException {
    var before = new ArrayList<String>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(beginning)) {
        return line;
      }
      before.add(line);
    }
    throw new AssertionError("it never said '" + beginning + "', but: " + before);
  }

  /** Kills it, as {@code kill -9} does, and gives what it had still said. */
  List<String> kill() throws IOException, InterruptedException {
    // Through the handle: Process.destroyForcibly() also throws away what was not read yet.
    process.toHandle().destroyForcibly();
    List<String> rest = output.readAllLines();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("it survived being killed");
    }
    return rest;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] arguments) throws Exception {
    // Unbuffered, so that whatever was said is heard even when the process is killed next.
    try (var out = new FileOutputStream(FileDescriptor.out)) {
      SqlStore store;
      try {
        store = SqlStore.open(Stores.settings(Path.of(arguments[0])));
      } catch (StoreRefused e) {
        say(out, "refused " + e.getMessage());
        return;
      }
      say(out, "opened");
      var threads =
          new ArrayList<>(
              IntStream.range(0, CHARGING_THREADS)
                  .mapToObj(_ -> Thread.ofVirtual().start(() -> charge(store, out)))
                  .toList());
      threads.add(Thread.ofVirtual().start(() -> addKeys(store, out)));
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  private static void charge(SqlStore store, FileOutputStream out) {
    while (!Thread.currentThread().isInterrupted()) {
      String request = "req_" + NUMBERS.incrementAndGet();
      Stores.charge(store, CHARGED, request, 3);
      say(out, "charged " + request);
    }
  }

  private static void addKeys(SqlStore store, FileOutputStream out) {
    for (int number = 0; !Thread.currentThread().isInterrupted(); number++) {
      store.apiKeys().add(key("key-" + number), DEED);
      say(out, "added key-" + number);
    }
  }

  private static void say(FileOutputStream out, String line) {
    try {
      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
