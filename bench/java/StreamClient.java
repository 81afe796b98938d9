import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads many streams of {@link PacedUpstream} at once, in one thread, and tells how long their
 * events were on their way. Reads lines "STREAMS PORT RAMP_MILLIS KEY" from standard input, writes
 * a line of JSON for each: connects them all, then asks evenly over the ramp. A stream is finished
 * when all 50 events came, [DONE] and the end of the body.
 */
final class StreamClient {
  private static final int EVENTS = 50;
  private static final int CONNECTS_A_MILLISECOND = 5;
  private static final long PATIENCE = 20_000_000_000L;
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] OK = "HTTP/1.1 200".getBytes(StandardCharsets.US_ASCII);

  /** What has come of one reply. */
  private static final class Stream {
    int begun;
    int events;
    boolean marked;
    long time;
    int done;
    int end;
    boolean over;
  }

  private final Selector selector = Selector.open();
  private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
  private final byte[] bytes = new byte[64 * 1024];
  private final Map<String, Integer> failures = new TreeMap<>();
  private final int port;
  private final byte[] request;
  private final SocketChannel[] channels;
  private final Stream[] streams;
  private final long[] delays;
  private int connected;
  private int over;
  private int finished;
  private int events;

  private StreamClient(int count, int port, String key) throws IOException {
    this.port = port;
    String body =
        "{\"model\":\"bench\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
            + "\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"Count to fifty.\"}]}";
    this.request =
        ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
            .formatted(port, key, body.length(), body)
            .getBytes(StandardCharsets.US_ASCII);
    this.channels = new SocketChannel[count];
    this.streams = new Stream[count];
    this.delays = new long[count * EVENTS];
  }

  public static void main(String[] arguments) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ");
      var client = new StreamClient(Integer.parseInt(words[0]), Integer.parseInt(words[1]), words[3]);
      client.run(Long.parseLong(words[2]) * 1_000_000);
      System.out.println(client.json());
    }
  }

  private void run(long ramp) throws IOException {
    connectAll();
    long began = System.nanoTime();
    long deadline = began + ramp + PATIENCE;
    for (int next = 0; over < channels.length && System.nanoTime() < deadline; ) {
      long elapsed = System.nanoTime() - began;
      while (next < channels.length && elapsed >= ramp * next / channels.length) {
        ask(next++);
      }
      selector.select(this::attend, next < channels.length ? 1 : 100);
    }
    for (int i = 0; i < channels.length; i++) {
      if (!streams[i].over) {
        end(i, "unfinished after " + PATIENCE / 1_000_000_000 + " s");
      }
    }
    selector.close();
  }

  private void connectAll() throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    long began = System.nanoTime();
    for (int i = 0; i < channels.length; i++) {
      streams[i] = new Stream();
      channels[i] = SocketChannel.open();
      channels[i].configureBlocking(false);
      channels[i].setOption(StandardSocketOptions.TCP_NODELAY, true);
      channels[i].register(selector, SelectionKey.OP_CONNECT, i);
      try {
        if (channels[i].connect(address)) {
          connected(channels[i].keyFor(selector));
        }
      } catch (IOException e) {
        end(i, "connecting: " + e.getMessage());
      }
      while (System.nanoTime() - began < 1_000_000L * i / CONNECTS_A_MILLISECOND) {
        selector.select(this::attend, 1);
      }
    }
    while (connected + over < channels.length && System.nanoTime() - began < PATIENCE) {
      selector.select(this::attend, 10);
    }
  }

  private void connected(SelectionKey key) {
    connected++;
    key.interestOps(SelectionKey.OP_READ);
  }

  private void ask(int i) {
    if (streams[i].over) {
      return;
    }
    try {
      if (channels[i].write(ByteBuffer.wrap(request)) < request.length) {
        end(i, "the request does not fit into the socket");
      }
    } catch (IOException | RuntimeException e) {
      end(i, "asking: " + e);
    }
  }

  private void attend(SelectionKey key) {
    int i = (Integer) key.attachment();
    try {
      if (key.isConnectable()) {
        channels[i].finishConnect();
        connected(key);
        return;
      }
      in.clear();
      int length = channels[i].read(in);
      long now = System.nanoTime();
      if (length < 0) {
        end(i, "cut off after " + (streams[i].events == 0 ? "no event" : "some events"));
        return;
      }
      in.flip().get(bytes, 0, length);
      take(i, length, now);
    } catch (IOException e) {
      end(i, e.getMessage());
    }
  }

  private void take(int i, int length, long now) {
    Stream stream = streams[i];
    for (int at = 0; at < length; at++) {
      byte b = bytes[at];
      if (stream.begun < OK.length && b != OK[stream.begun++]) {
        end(i, "answered " + new String(bytes, 0, length, StandardCharsets.ISO_8859_1).split("\r\n")[0]);
        return;
      }
      if (stream.marked && b >= '0' && b <= '9') {
        stream.time = stream.time * 10 + b - '0';
      } else if (b == '~') {
        mark(stream, now);
      }
      if (stream.done < DONE.length) {
        stream.done = b == DONE[stream.done] ? stream.done + 1 : b == DONE[0] ? 1 : 0;
      } else {
        stream.end = b == END[stream.end] ? stream.end + 1 : b == END[0] ? 1 : 0;
        if (stream.end == END.length) {
          end(i, stream.events == EVENTS ? null : "not all events came");
          return;
        }
      }
    }
  }

  private void mark(Stream stream, long now) {
    if (stream.marked && stream.events < EVENTS) {
      stream.events++;
      delays[events++] = now - stream.time;
    }
    stream.marked = !stream.marked;
    stream.time = 0;
  }

  /**
   * It is over.
   *
   * @param failure null if it is finished
   */
  private void end(int i, String failure) {
    streams[i].over = true;
    over++;
    if (failure == null) {
      finished++;
    } else {
      failures.merge(failure.replaceAll("[\"\\\\]", "'"), 1, Integer::sum);
    }
    try {
      channels[i].close();
    } catch (IOException _) {
      // It is gone either way.
    }
  }

  private String json() {
    Arrays.sort(delays, 0, events);
    var failed = new StringBuilder();
    failures.forEach(
        (cause, times) ->
            failed.append(failed.isEmpty() ? "" : ",").append('"').append(cause).append("\":").append(times));
    return ("{\"streams\":%d,\"finished\":%d,\"events\":%d,\"p50\":%s,\"p90\":%s,\"p99\":%s,"
            + "\"max\":%s,\"failures\":{%s},\"clock\":\"%d\"}")
        .formatted(
            channels.length,
            finished,
            events,
            micros(0.5),
            micros(0.9),
            micros(0.99),
            micros(1),
            failed,
            System.nanoTime());
  }

  /** A percentile of the delays in microseconds. */
  private String micros(double part) {
    return events == 0
        ? "null"
        : String.format(Locale.ROOT, "%.1f", delays[Math.max(0, (int) Math.ceil(part * events) - 1)] / 1e3);
  }
}
