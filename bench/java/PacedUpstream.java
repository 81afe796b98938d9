import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An engine that streams: 50 events, 100 ms apart, then the usage and [DONE]. Each event carries
 * when it was handed to the kernel, in nanoseconds of {@link System#nanoTime}, which is Linux's
 * CLOCK_MONOTONIC and so the same in all processes. One thread. Argument: the port. Prints a line
 * with its clock when it listens.
 */
final class PacedUpstream {
  private static final int EVENTS = 50;
  private static final long PACE = 100_000_000;

  /** What this process can do without: waking for each event by itself. */
  private static final long SHORTEST_PAUSE = 100_000;

  private static final int DIGITS = 19;
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");

  private static final byte[] HEAD =
      ascii(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
  private static final byte[] HEALTHY =
      ascii("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  private static final String MARKED =
      "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,"
          + "\"model\":\"bench\",\"system_fingerprint\":\"~"
          + "0".repeat(DIGITS)
          + "~\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
          + "\"finish_reason\":null}]}";
  private static final byte[] EVENT = chunk("data: " + MARKED + "\n\n");
  private static final int MARK = new String(EVENT, StandardCharsets.US_ASCII).indexOf('~') + 1;
  private static final byte[] TAIL =
      ascii(
          new String(
                  chunk(
                      "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\","
                          + "\"created\":1764000000,\"model\":\"bench\",\"choices\":[{\"index\":0,"
                          + "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                          + "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\","
                          + "\"created\":1764000000,\"model\":\"bench\",\"choices\":[],\"usage\":"
                          + "{\"prompt_tokens\":20,\"completion_tokens\":50,\"total_tokens\":70}}"
                          + "\n\ndata: [DONE]\n\n"),
                  StandardCharsets.US_ASCII)
              + "0\r\n\r\n");

  /** One connection, and the reply that is under way on it. */
  private static final class Connection {
    final SocketChannel channel;
    final ByteArrayOutputStream request = new ByteArrayOutputStream(1024);
    int sent;
    long due;

    Connection(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private final Selector selector = Selector.open();
  private final ServerSocketChannel listener = ServerSocketChannel.open();

  /** In the order of their times, for all wait equally long. */
  private final ArrayDeque<Connection> waiting = new ArrayDeque<>();

  private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
  private final ByteBuffer out = ByteBuffer.allocateDirect(4 * 1024);

  private PacedUpstream(int port) throws IOException {
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 4096);
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  public static void main(String[] arguments) throws IOException {
    var upstream = new PacedUpstream(Integer.parseInt(arguments[0]));
    System.out.println("listens " + System.nanoTime());
    upstream.run();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] chunk(String text) {
    return ascii(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  private void run() throws IOException {
    while (true) {
      long wait = waiting.isEmpty() ? PACE : waiting.peek().due - System.nanoTime();
      if (wait >= 1_000_000) {
        selector.select(this::attend, wait / 1_000_000);
      } else {
        // A selector counts in milliseconds: that would send in bursts what comes evenly.
        LockSupport.parkNanos(Math.max(wait, SHORTEST_PAUSE));
        selector.selectNow(this::attend);
      }
      sendDue();
    }
  }

  private void attend(SelectionKey key) {
    try {
      if (key.isAcceptable()) {
        accept();
      } else {
        read((Connection) key.attachment());
      }
    } catch (IOException e) {
      close(key);
    }
  }

  private void accept() throws IOException {
    for (var channel = listener.accept(); channel != null; channel = listener.accept()) {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
    }
  }

  private void read(Connection connection) throws IOException {
    in.clear();
    if (connection.channel.read(in) < 0) {
      throw new IOException("closed");
    }
    in.flip();
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    connection.request.writeBytes(bytes);
    String request = connection.request.toString(StandardCharsets.ISO_8859_1);
    int end = request.indexOf("\r\n\r\n");
    if (end < 0) {
      return;
    }
    Matcher length = LENGTH.matcher(request).region(0, end);
    int body = length.find() ? Integer.parseInt(length.group(1)) : 0;
    if (request.length() < end + 4 + body) {
      return;
    }
    connection.request.reset();
    if (request.startsWith("POST ") && request.contains("\"stream\":true")) {
      begin(connection);
    } else {
      out.clear().put(HEALTHY); // who asks how it is
      write(connection);
    }
  }

  private void begin(Connection connection) throws IOException {
    connection.sent = 0;
    connection.due = System.nanoTime();
    out.clear().put(HEAD);
    sendEvent(connection);
  }

  private void sendDue() {
    long now = System.nanoTime();
    while (!waiting.isEmpty() && waiting.peek().due <= now) {
      Connection next = waiting.poll();
      out.clear();
      try {
        if (next.sent < EVENTS) {
          sendEvent(next);
        } else {
          out.put(TAIL);
          write(next);
        }
      } catch (IOException e) {
        close(next.channel.keyFor(selector));
      }
    }
  }

  private void sendEvent(Connection connection) throws IOException {
    int at = out.position() + MARK;
    out.put(EVENT);
    long time = System.nanoTime();
    for (int digit = DIGITS - 1; digit >= 0; digit--, time /= 10) {
      out.put(at + digit, (byte) ('0' + time % 10));
    }
    write(connection);
    connection.sent++;
    connection.due += PACE;
    waiting.add(connection);
  }

  private void write(Connection connection) throws IOException {
    out.flip();
    connection.channel.write(out);
    if (out.hasRemaining()) {
      throw new IOException("whoever reads this does not keep up");
    }
  }

  private static void close(SelectionKey key) {
    if (key == null) {
      return;
    }
    key.cancel();
    try {
      key.channel().close();
    } catch (IOException _) {
      // It is gone either way.
    }
  }
}
