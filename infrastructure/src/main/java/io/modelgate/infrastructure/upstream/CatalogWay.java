package io.modelgate.infrastructure.upstream;

import io.helidon.common.tls.Tls;
import io.helidon.webclient.api.ClientConnection;
import io.helidon.webclient.api.ConnectionKey;
import io.helidon.webclient.api.DnsAddressLookup;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.api.TcpClientConnection;
import io.helidon.webclient.api.WebClient;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Origin;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** How WebClient comes to a backend: directly or through a proxy, with TLS or without. */
record CatalogWay(
    BaseUrl baseUrl,
    BackendAddresses addresses,
    io.modelgate.infrastructure.client.@Nullable Proxy proxy,
    SSLContext tls) {

  /** Opens a connection of its own; to be closed. */
  ClientConnection connect(WebClient client) throws CallFailed {
    Origin origin = Origin.of(baseUrl, null);
    if (!addresses.permits(origin.host())) {
      throw new CallFailed(new Unreachable(refused(origin.host())));
    }
    var key =
        ConnectionKey.create(
            origin.tls() ? "https" : "http",
            origin.host(),
            origin.port(),
            tls(origin),
            (name, lookup) -> address(client, name, lookup),
            client.prototype().dnsAddressLookup(),
            proxy == null ? Proxy.noProxy() : through(proxy));
    try {
      return TcpClientConnection.create(client, key, List.of(), _ -> false, _ -> {}).connect();
    } catch (RuntimeException e) { // whichever WebClient comes across
      throw new CallFailed(
          new Unreachable(
              "connecting to " + origin.hostAndPort() + ": " + CatalogQuestion.words(e)));
    }
  }

  private static Proxy through(io.modelgate.infrastructure.client.Proxy proxy) {
    var through = Proxy.builder().host(proxy.host()).port(proxy.port()).forceHttpConnect(true);
    if (proxy.authorization() != null) {
      byte[] decoded =
          Base64.getDecoder().decode(proxy.authorization().substring("Basic ".length()));
      String[] user = new String(decoded, StandardCharsets.UTF_8).split(":", 2);
      through.username(user[0]).password((user.length == 1 ? "" : user[1]).toCharArray());
    }
    return through.build();
  }

  /** Explicit, because a context given to Helidon turns the check of names off. */
  private Tls tls(Origin origin) {
    var parameters = new SSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    return Tls.builder().enabled(origin.tls()).sslContext(tls).sslParameters(parameters).build();
  }

  /**
   * The address under the name as it was given: Helidon would look an address up backwards and take
   * the certificate of whatever name came out. Through a proxy the name is the proxy's to look up.
   */
  private InetAddress address(WebClient client, String name, DnsAddressLookup lookup) {
    try {
      if (proxy != null) {
        return InetAddress.getByAddress(name, new byte[4]);
      }
      InetAddress found = client.prototype().dnsResolver().resolveAddress(name, lookup);
      if (!addresses.permits(found)) {
        throw new UnknownHostException(refused(found.getHostAddress()));
      }
      return InetAddress.getByAddress(name, found.getAddress());
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String refused(String address) {
    return address + " is an address that is not called (upstream.allowed-addresses can allow it)";
  }
}
