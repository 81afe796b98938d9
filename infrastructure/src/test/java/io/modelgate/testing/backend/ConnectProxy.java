package io.modelgate.testing.backend;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP proxy that does {@code CONNECT} and nothing else; whatever host it is asked for, it
 * connects to that port of this machine. Remembers what it was asked. Thread-safe.
 */
public final class ConnectProxy implements AutoCloseable {
  private final ServerSocket server;
  private final String answer;
  private final List<String> asked = new CopyOnWriteArrayList<>();

  private ConnectProxy(ServerSocket server, String answer) {
    this.server = server;
    this.answer = answer;
  }

  /** One that connects whoever asks. */
  public static ConnectProxy start() {
    return answering("HTTP/1.1 200 Connection established\r\n\r\n");
  }

  /** One with words of its own; it connects only after a 200. */
  public static ConnectProxy answering(String answer) {
    try {
      var proxy =
          new ConnectProxy(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()), answer);
      Thread.ofVirtual().start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getLocalPort();
  }

  /** The heads of the requests so far. */
  public List<String> asked() {
    return List.copyOf(asked);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      }
    } catch (IOException _) {
      // close() closed the server
    }
  }

  private void serve(Socket client) {
    try (client) {
      String head = head(client.getInputStream());
      asked.add(head);
      client.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      if (answer.startsWith("HTTP/1.1 200")) {
        int port = Integer.parseInt(head.split(" ", 3)[1].replaceFirst(".*:", ""));
        try (var origin = new Socket(InetAddress.getLoopbackAddress(), port)) {
          Thread.ofVirtual().start(() -> pump(origin, client));
          pump(client, origin);
        }
      }
    } catch (IOException _) {
      // either side hung up
    }
  }

  private static void pump(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException _) {
      // either side hung up
    }
  }

  private static String head(InputStream in) throws IOException {
    var bytes = new ByteArrayOutputStream();
    while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("no whole head");
      }
      bytes.write(b);
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
