package io.modelgate.bootstrap;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A thousand slow clients against a running demo gateway, and one normal client that measures
 * before, during and after. Not a test: prints what it saw.
 *
 * <p>{@code java SlowClientsBench.java PORT KEY}: half of the slow ones are silent, ten ask again
 * and again for replies that they never read, the others drip a head or a body.
 */
final class SlowClientsBench {
  private static final int SLOW = 1000;
  private static final int MEASURED = 2000;
  private static final int PACE_MILLIS = 5;

  private final int port;
  private final String key;
  private final Map<String, Integer> endings = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();

  private SlowClientsBench(int port, String key) {
    this.port = port;
    this.key = key;
  }

  public static void main(String[] arguments) throws Exception {
    new SlowClientsBench(Integer.parseInt(arguments[0]), arguments[1]).run();
  }

  private void run() throws Exception {
    measure(MEASURED);
    System.out.println("before  " + measure(MEASURED));
    List<Thread> slow = new ArrayList<>();
    long began = System.nanoTime();
    for (int i = 0; i < SLOW; i++) {
      String kind = kind(i);
      slow.add(Thread.ofVirtual().start(() -> beSlow(kind)));
    }
    TimeUnit.SECONDS.sleep(1);
    System.out.println("open    " + open.get() + " slow connections");
    System.out.println("during  " + measure(MEASURED) + ", then " + open.get() + " still open");
    for (Thread thread : slow) {
      thread.join();
    }
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);
    System.out.println("all slow ones ended after " + seconds + " s:");
    new TreeMap<>(endings).forEach((how, count) -> System.out.println("  " + how + ": " + count));
    System.out.println("after   " + measure(MEASURED));
  }

  private static String kind(int i) {
    if (i % 2 == 0) {
      return "silent";
    }
    return i % 100 == 1 ? "never reads" : i % 4 == 1 ? "drips head" : "drips body";
  }

  private String measure(int calls) throws IOException, InterruptedException {
    byte[] request =
        post("{\"model\":\"echo\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 0);
    long[] micros = new long[calls];
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      for (int i = 0; i < calls; i++) {
        long began = System.nanoTime();
        socket.getOutputStream().write(request);
        readReply(socket.getInputStream());
        micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began);
        TimeUnit.MILLISECONDS.sleep(PACE_MILLIS);
      }
    }
    Arrays.sort(micros);
    return "%d calls: p50 %d µs, p99 %d µs, max %d µs"
        .formatted(calls, micros[calls / 2], micros[calls * 99 / 100], micros[calls - 1]);
  }

  private byte[] post(String body, int more) {
    return ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + key
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + (body.length() + more)
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** One with a {@code Content-Length}, thrown away. */
  private static void readReply(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("ended inside a head: " + head);
      }
      head.append((char) b);
    }
    if (!head.toString().startsWith("HTTP/1.1 200")) {
      throw new IOException("not served: " + head);
    }
    String text = head.toString().toLowerCase(Locale.ROOT);
    int at = text.indexOf("content-length:") + "content-length:".length();
    in.skipNBytes(Integer.parseInt(text.substring(at, text.indexOf('\r', at)).strip()));
  }

  private void beSlow(String kind) {
    String ending;
    open.incrementAndGet();
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      socket.setSoTimeout(1000);
      ending =
          switch (kind) {
            case "drips head" ->
                drip(
                    socket,
                    "GET /v1/models HTTP/1.1\r\nHost: x\r\nX: "
                        .getBytes(StandardCharsets.US_ASCII));
            case "drips body" -> drip(socket, post("{", 100_000));
            case "never reads" -> neverRead(socket);
            default -> drip(socket, new byte[0]);
          };
    } catch (IOException e) {
      ending = "reset";
    } finally {
      open.decrementAndGet();
    }
    endings.merge(kind + ", " + ending, 1, Integer::sum);
  }

  /** A byte a second, or none where there was none at first, until the other side ends it. */
  private static String drip(Socket socket, byte[] first) throws IOException {
    socket.getOutputStream().write(first);
    var answer = new StringBuilder();
    while (true) {
      try {
        int b = socket.getInputStream().read();
        if (b < 0) {
          return answer.isEmpty() ? "closed silently" : answer.substring(9, 12) + " and closed";
        }
        answer.append((char) b);
      } catch (SocketTimeoutException _) {
        if (first.length > 0 && answer.isEmpty()) {
          socket.getOutputStream().write('a');
        }
      }
    }
  }

  /** Asks again and again for what it never takes, until it is not listened to any more. */
  private String neverRead(Socket socket) {
    byte[] ask =
        post(
            "{\"model\":\"echo\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + "words ".repeat(3000)
                + "\"}]}",
            0);
    try {
      while (true) {
        socket.getOutputStream().write(ask);
        TimeUnit.MILLISECONDS.sleep(100);
      }
    } catch (IOException | InterruptedException _) {
      return "cut off";
    }
  }
}
