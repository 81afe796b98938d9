package io.modelgate.infrastructure.redis;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import redis.embedded.core.ExecutableProvider;

/**
 * A real redis-server on this machine, which brings nothing along and keeps nothing. Always on the
 * same port, however often it is stopped and started.
 */
public final class RedisServerProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final int port;
  private final String password;
  private Process process;

  private RedisServerProcess(int port, String password) {
    this.port = port;
    this.password = password;
    process = launch();
  }

  /** On a free port of 127.0.0.1, ready to answer. */
  public static RedisServerProcess started() {
    return new RedisServerProcess(freePort(), "");
  }

  /** The same, and asks for a password. */
  public static RedisServerProcess startedWith(String password) {
    return new RedisServerProcess(freePort(), password);
  }

  public int port() {
    return port;
  }

  /** Starts again, empty. */
  public void start() {
    process = launch();
  }

  /** Ends the process; connections break. */
  public void stop() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("redis-server does not end");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets it hang: connections stay and are silent. */
  public void pause() {
    signal("-STOP");
  }

  public void resume() {
    signal("-CONT");
  }

  /** Forgets all keys. */
  public void flush() {
    command("FLUSHALL");
  }

  /**
   * Runs one command on a connection of its own.
   *
   * @return the first line of the reply, and the second if the first only says how long that is
   */
  public String command(String... words) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      if (!password.isEmpty()) {
        exchange(socket, in, "AUTH", password);
      }
      return exchange(socket, in, words);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String exchange(Socket socket, BufferedReader in, String... words)
      throws IOException {
    var request = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      int length = word.getBytes(StandardCharsets.UTF_8).length;
      request.append("$").append(length).append("\r\n").append(word).append("\r\n");
    }
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
    String reply = in.readLine();
    return reply.startsWith("$") && !reply.equals("$-1") ? in.readLine() : reply;
  }

  private Process launch() {
    List<String> command =
        new ArrayList<>(
            List.of(
                Executable.FILE.getAbsolutePath(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no"));
    if (!password.isEmpty()) {
      command.addAll(List.of("--requirepass", password));
    }
    try {
      Process launched =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(launched::destroyForcibly));
      awaitAnswer(launched);
      return launched;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitAnswer(Process launched) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        command("PING");
        return;
      } catch (UncheckedIOException e) {
        if (!launched.isAlive() || System.nanoTime() > deadline) {
          throw new IllegalStateException("redis-server does not start", e);
        }
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
    }
  }

  private void signal(String signal) {
    try {
      int status =
          new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
      if (status != 0) {
        throw new IllegalStateException("kill " + signal + " ended with " + status);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Unpacked once. */
  private static final class Executable {
    static final File FILE = unpacked();

    private static File unpacked() {
      try {
        return ExecutableProvider.newJarResourceProvider().get();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
