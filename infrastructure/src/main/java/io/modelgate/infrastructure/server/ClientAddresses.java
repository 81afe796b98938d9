package io.modelgate.infrastructure.server;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.ServerRequest;
import io.modelgate.domain.net.Network;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says whose request it is: who is at the other end of its connection, unless that is a proxy the
 * operator trusts. Then it is whom the proxy names, going back hop by hop as long as one of those
 * proxies speaks; what stands further left anyone may have written. Never looks up a name.
 * Immutable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7239">RFC 7239: Forwarded</a>
 */
final class ClientAddresses {
  private static final HeaderName FORWARDED = HeaderNames.create("forwarded");
  private static final HeaderName FORWARDED_FOR = HeaderNames.create("x-forwarded-for");

  private static final int MOST_HOPS = 50;

  private final List<Network> trusted;

  /**
   * Believes those networks' hosts.
   *
   * @param trusted none for nobody
   */
  ClientAddresses(List<Network> trusted) {
    this.trusted = List.copyOf(trusted);
  }

  /** Null when the connection tells no address. */
  @Nullable InetAddress of(ServerRequest request) {
    InetAddress peer =
        request.remotePeer().address() instanceof InetSocketAddress inet ? inet.getAddress() : null;
    return peer == null || !isTrusted(peer) ? peer : behind(peer, request.headers());
  }

  private InetAddress behind(InetAddress peer, ServerRequestHeaders headers) {
    InetAddress client = peer;
    List<String> hops = hops(headers);
    for (int i = hops.size() - 1; i >= 0 && i >= hops.size() - MOST_HOPS; i--) {
      InetAddress hop = Network.address(withoutPort(hops.get(i))).orElse(null);
      if (hop == null) {
        return client; // Hidden or nonsense: the last one known has to answer for it.
      }
      client = hop;
      if (!isTrusted(hop)) {
        return client;
      }
    }
    return client;
  }

  /** The standard's header, if it is there, else the older one; left is farthest. */
  private static List<String> hops(ServerRequestHeaders headers) {
    List<String> hops = new ArrayList<>();
    List<String> standard = headers.all(FORWARDED, List::of);
    for (String line : standard) {
      hops.addAll(ForwardedHeader.nodes(line));
    }
    if (standard.isEmpty()) {
      for (String line : headers.all(FORWARDED_FOR, List::of)) {
        hops.addAll(List.of(line.split(",", -1)));
      }
    }
    return hops;
  }

  /** {@code 192.0.2.1:80}, {@code [2001:db8::1]:80}, or without a port or brackets. */
  private static String withoutPort(String hop) {
    String node = hop.strip();
    if (node.startsWith("[")) {
      int closing = node.indexOf(']');
      return closing < 0 ? "" : node.substring(1, closing);
    }
    int colon = node.indexOf(':');
    return colon >= 0 && colon == node.lastIndexOf(':') ? node.substring(0, colon) : node;
  }

  private boolean isTrusted(InetAddress address) {
    for (Network network : trusted) {
      if (network.contains(address)) {
        return true;
      }
    }
    return false;
  }
}
