import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Calls again and again on one connection that is kept, and tells how long it takes until the
 * reply's first bytes can be read, and until its last have been: wrk knows only the latter.
 * Arguments: the URL, seconds. The request's body and headers, a line each, come from the
 * environment, BENCH_BODY and BENCH_HEADERS. The first third of the time is not counted.
 */
final class OneConnection {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
  private static final int MOST = 1_000_000;

  private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
  private final byte[] bytes = new byte[64 * 1024];
  private final SocketChannel channel;
  private final ByteBuffer request;
  private final long[] first = new long[MOST];
  private final long[] last = new long[MOST];

  private OneConnection(URI url, String headers, String body) throws IOException {
    channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), url.getPort()));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST %s HTTP/1.1\r\nHost: %s\r\n%s\r\nContent-Length: %d\r\n\r\n"
            .formatted(
                url.getPath(),
                url.getAuthority(),
                headers.strip().replace("\n", "\r\n"),
                content.length);
    byte[] start = head.getBytes(StandardCharsets.US_ASCII);
    request = ByteBuffer.allocateDirect(start.length + content.length);
    request.put(start).put(content).flip();
  }

  public static void main(String[] arguments) throws IOException {
    var connection =
        new OneConnection(
            URI.create(arguments[0]), System.getenv("BENCH_HEADERS"), System.getenv("BENCH_BODY"));
    long nanos = (long) (Double.parseDouble(arguments[1]) * 1e9);
    System.out.println(connection.measure(nanos));
  }

  private String measure(long nanos) throws IOException {
    long began = System.nanoTime();
    long counted = began + nanos / 3;
    int calls = 0;
    for (long now = began; now - began < nanos && calls < MOST; now = System.nanoTime()) {
      call(calls);
      if (now >= counted) {
        calls++;
      }
    }
    Arrays.sort(first, 0, calls);
    Arrays.sort(last, 0, calls);
    return "{\"calls\":%d,\"firstP50\":%s,\"firstP99\":%s,\"lastP50\":%s,\"lastP99\":%s}"
        .formatted(
            calls,
            micros(first, calls, 0.5),
            micros(first, calls, 0.99),
            micros(last, calls, 0.5),
            micros(last, calls, 0.99));
  }

  private void call(int at) throws IOException {
    request.rewind();
    long began = System.nanoTime();
    while (request.hasRemaining()) {
      channel.write(request);
    }
    int length = read(0);
    first[at] = System.nanoTime() - began;
    while (!isWhole(length)) {
      length = read(length);
    }
    last[at] = System.nanoTime() - began;
  }

  private int read(int have) throws IOException {
    in.clear();
    int length = channel.read(in);
    if (length < 0) {
      throw new IOException("the connection was closed in the middle of a reply");
    }
    in.flip().get(bytes, have, length);
    return have + length;
  }

  /** Whether a whole reply is there; refuses all but 200. */
  private boolean isWhole(int length) throws IOException {
    String reply = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    int end = reply.indexOf("\r\n\r\n");
    if (end < 0) {
      return false;
    }
    if (!reply.startsWith("HTTP/1.1 200 ")) {
      throw new IOException("it answered: " + reply);
    }
    Matcher contentLength = LENGTH.matcher(reply).region(0, end);
    return contentLength.find()
        ? length >= end + 4 + Integer.parseInt(contentLength.group(1))
        : reply.endsWith("\r\n0\r\n\r\n");
  }

  private static String micros(long[] nanos, int calls, double part) {
    return calls == 0
        ? "null"
        : String.format(Locale.ROOT, "%.1f", nanos[Math.max(0, (int) Math.ceil(part * calls) - 1)] / 1e3);
  }
}
