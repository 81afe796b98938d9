package io.modelgate.infrastructure.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The way through a proxy, opened with {@code CONNECT} whatever is spoken inside. */
final class Tunnel {
  private Tunnel() {}

  /**
   * Asks the proxy at the other end of the socket to connect it with the origin.
   *
   * @throws IOException when it does not; the message repeats nothing the proxy said but its status
   */
  static void open(Socket raw, Origin origin, Deadline deadline) throws IOException {
    Proxy proxy = Objects.requireNonNull(origin.proxy());
    String target = origin.hostAndPort();
    var request = new StringBuilder("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n");
    if (proxy.authorization() != null) {
      request.append("Proxy-Authorization: ").append(proxy.authorization()).append("\r\n");
    }
    raw.getOutputStream()
        .write(request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    InputStream in = raw.getInputStream();
    var wire =
        new WireBuffer(
            (into, offset, length) -> {
              raw.setSoTimeout(deadline.remainingMillis());
              return in.read(into, offset, length);
            });
    HttpHead head = HttpHeadReader.read(wire);
    raw.setSoTimeout(0); // from now on the connection sees to it
    if (head.status() >= 300) {
      throw new IOException("the proxy answered " + head.status());
    }
    if (!wire.isEmpty()) {
      throw new IOException("the proxy said more than that the tunnel is open");
    }
  }
}
