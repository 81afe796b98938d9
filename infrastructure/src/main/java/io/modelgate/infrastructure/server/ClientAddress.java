package io.modelgate.infrastructure.server;

import io.helidon.webserver.http.ServerRequest;
import java.net.InetSocketAddress;

/** Whose socket a request came over. */
final class ClientAddress {
  private ClientAddress() {}

  /** The peer's address in digits, never looked up by name. */
  static String of(ServerRequest request) {
    return request.remotePeer().address() instanceof InetSocketAddress inet
            && inet.getAddress() != null
        ? inet.getAddress().getHostAddress()
        : "unknown";
  }
}
