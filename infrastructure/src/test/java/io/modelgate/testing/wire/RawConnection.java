package io.modelgate.testing.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A client that sends exactly the bytes it is told and reads replies one by one. For one thread.
 */
public final class RawConnection implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 10_000;
  private final Socket socket;
  private final InputStream in;

  private RawConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
  }

  /** Connects to a port of this machine. */
  public static RawConnection to(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    return new RawConnection(socket);
  }

  /** Sends text, one byte per character. */
  public RawConnection send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public RawConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Reads one reply to a HEAD, which has no body whatever its head says. */
  public Reply head() throws IOException {
    return new Reply(headLines(), new byte[0]);
  }

  /** Reads one whole reply: head, then body by length, by chunks, or to the connection's end. */
  public Reply reply() throws IOException {
    return reply(() -> {});
  }

  /**
   * The same.
   *
   * @param begun run once the head is there
   */
  public Reply reply(Runnable begun) throws IOException {
    List<String> head = headLines();
    begun.run();
    var reply = new Reply(head, new byte[0]);
    if (reply.header("transfer-encoding").orElse("").equals("chunked")) {
      return new Reply(head, chunks());
    }
    Optional<String> length = reply.header("content-length");
    return new Reply(
        head,
        length.isPresent() ? in.readNBytes(Integer.parseInt(length.get())) : in.readAllBytes());
  }

  /** The next bytes that come, at most {@code atMost}; empty at the end. */
  public byte[] some(int atMost) throws IOException {
    byte[] buffer = new byte[atMost];
    int read = in.read(buffer);
    return read < 0 ? new byte[0] : Arrays.copyOf(buffer, read);
  }

  /** All that comes until the other side closes. */
  public byte[] rest() throws IOException {
    return in.readAllBytes();
  }

  /** Whether the other side has closed; waits for it. */
  public boolean endsHere() throws IOException {
    return in.read() < 0;
  }

  /** Says that nothing more will be sent, and stays to read. */
  public void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  /** Resets instead of closing well. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private List<String> headLines() throws IOException {
    List<String> head = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      head.add(line);
    }
    return head;
  }

  private byte[] chunks() throws IOException {
    var body = new ByteArrayOutputStream();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.write(in.readNBytes(size));
      line();
    }
    line();
    return body.toByteArray();
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line(), 16);
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException(
            "the connection ended inside a line: " + line.toString(StandardCharsets.ISO_8859_1));
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  /**
   * A reply as it came.
   *
   * @param head status line and headers
   */
  public record Reply(List<String> head, @SuppressWarnings("ArrayRecordComponent") byte[] body) {
    public int status() {
      return Integer.parseInt(head.getFirst().split(" ", 3)[1]);
    }

    /** The first header of that name. */
    public Optional<String> header(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return head.stream()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
          .map(line -> line.substring(start.length()).strip())
          .findFirst();
    }

    /** The body as UTF-8. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }
}
