package io.modelgate.testing.backend;

import io.modelgate.domain.routing.BaseUrl;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Plays a script: the n-th request, on whichever connection it comes, is answered by the n-th
 * script, byte for byte. Remembers the requests. Knows no HTTP beyond finding a request's end, so
 * that it can misbehave in any way. Thread-safe.
 */
public final class ScriptedBackend implements AutoCloseable {
  private static final Pattern CONTENT_LENGTH =
      Pattern.compile("(?i)\r\ncontent-length: ?([0-9]+)");

  /** One thing to do to a connection. */
  public interface Step {
    void play(Socket connection) throws IOException, InterruptedException;
  }

  /**
   * A request as it came.
   *
   * @param head request line and headers, with the blank line
   * @param connection 1 for the first connection, and so on
   */
  public record Request(String head, String body, int connection) {}

  private final ServerSocket server;
  private final Queue<List<Step>> scripts = new ConcurrentLinkedQueue<>();
  private final Queue<List<Step>> greetings = new ConcurrentLinkedQueue<>();
  private Runnable writer = () -> {};
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final Semaphore hangUps = new Semaphore(0);
  private final Semaphore played = new Semaphore(0);

  private ScriptedBackend(ServerSocket server) {
    this.server = server;
  }

  public static ScriptedBackend start() {
    try {
      return start(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Over TLS, for example.
   *
   * @param server bound already; closed with this
   */
  public static ScriptedBackend start(ServerSocket server) {
    var backend = new ScriptedBackend(server);
    Thread.ofVirtual().start(backend::accept);
    return backend;
  }

  /** Adds the script for the next request that has none yet. Returns this. */
  public ScriptedBackend onRequest(Step... script) {
    scripts.add(List.of(script));
    return this;
  }

  /**
   * Adds what is played to the next connection before any request is read from it. Returns this.
   */
  public ScriptedBackend onConnection(Step... script) {
    greetings.add(List.of(script));
    return this;
  }

  /**
   * Asked for another script, by {@link #onRequest}, whenever there is none for a request. Returns
   * this.
   */
  public synchronized ScriptedBackend whenOutOfScripts(Runnable other) {
    writer = other;
    return this;
  }

  private synchronized @Nullable List<Step> nextScript() {
    List<Step> script = scripts.poll();
    if (script == null) {
      writer.run();
      script = scripts.poll();
    }
    return script;
  }

  /** How many connections are open now, as far as this end has noticed. */
  public int open() {
    return open.size();
  }

  public int port() {
    return server.getLocalPort();
  }

  public BaseUrl baseUrl() {
    return BaseUrl.of("http://127.0.0.1:" + port());
  }

  /** The requests that came whole, in order. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** How many connections were made. */
  public int connections() {
    return connections.get();
  }

  /** Waits until a client has closed a connection that a step was holding open. */
  public void awaitHangUp() {
    try {
      if (!hangUps.tryAcquire(10, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody hung up within 10 s");
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  /** Waits until another script has been played to its end. */
  public void awaitPlayed() {
    try {
      if (!played.tryAcquire(10, TimeUnit.SECONDS)) {
        throw new AssertionError("no script came to its end within 10 s");
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  public static Step send(String text) {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  /** In one write. */
  public static Step send(byte[] bytes) {
    return connection -> connection.getOutputStream().write(bytes);
  }

  public static Step await(CountDownLatch latch) {
    return _ -> {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new SocketException("the latch was not opened within 10 s");
      }
    };
  }

  /** Reads so many bytes of whatever the client sends. */
  public static Step hear(int bytes) {
    return connection -> connection.getInputStream().readNBytes(bytes);
  }

  /** Byte by byte, each in a write of its own. */
  public static Step sendInBytes(String text) {
    return connection -> {
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        connection.getOutputStream().write(b);
      }
    };
  }

  public static Step pause(Duration time) {
    return _ -> Thread.sleep(time);
  }

  public static Step hangUp() {
    return Socket::close;
  }

  /** Ends with a TCP reset in place of a farewell. */
  public static Step reset() {
    return connection -> {
      connection.setSoLinger(true, 0);
      connection.close();
    };
  }

  /** Says nothing until the client hangs up. */
  public Step silence() {
    return connection -> {
      if (isHungUpWithin(connection, Duration.ofSeconds(20))) {
        hangUps.release();
      }
    };
  }

  /** Reads what still comes until the client hangs up. */
  public static Step drain() {
    return connection -> {
      connection.getInputStream().transferTo(OutputStream.nullOutputStream());
      connection.close();
    };
  }

  /** Sends a piece again and again, at that pace, so many times or until the client hangs up. */
  public Step drip(String piece, Duration pace, int times) {
    return connection -> {
      for (int i = 0; i < times; i++) {
        connection.getOutputStream().write(piece.getBytes(StandardCharsets.UTF_8));
        if (isHungUpWithin(connection, pace)) {
          hangUps.release();
          return;
        }
      }
      connection.setSoTimeout(0);
    };
  }

  private static boolean isHungUpWithin(Socket connection, Duration patience) throws IOException {
    connection.setSoTimeout((int) patience.toMillis());
    try {
      return connection.getInputStream().read() < 0;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (SocketException | SSLException _) {
      return true;
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = server.accept();
        open.add(connection);
        int number = connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(connection, number));
      }
    } catch (IOException _) {
      // close() closed the server
    }
  }

  private void serve(Socket connection, int number) {
    try (connection) {
      connection.setTcpNoDelay(true);
      List<Step> greeting = greetings.poll();
      if (greeting != null) {
        for (Step step : greeting) {
          step.play(connection);
        }
      }
      var in = new BufferedInputStream(connection.getInputStream());
      while (!connection.isClosed()) {
        requests.add(read(in, number));
        List<Step> script = nextScript();
        if (script == null) {
          faults.add("request " + requests.size() + " has no script");
          return;
        }
        for (Step step : script) {
          step.play(connection);
        }
        played.release();
      }
    } catch (IOException | InterruptedException _) {
      // the client hung up, or close() did
    } finally {
      open.remove(connection);
    }
  }

  private static Request read(InputStream in, int number) throws IOException {
    var bytes = new ByteArrayOutputStream();
    while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException();
      }
      bytes.write(b);
    }
    String head = bytes.toString(StandardCharsets.ISO_8859_1);
    var length = CONTENT_LENGTH.matcher(head);
    byte[] body = in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
    return new Request(head, new String(body, StandardCharsets.UTF_8), number);
  }

  /**
   * Stops.
   *
   * @throws AssertionError when more requests came than there were scripts
   */
  @Override
  public void close() throws IOException {
    server.close();
    for (Socket connection : open) {
      connection.close();
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(faults.toString());
    }
  }
}
