package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.routing.BaseUrl;
import java.util.Locale;

/**
 * What connections can be shared between.
 *
 * @param host a name or an address; an IPv6 address without brackets
 */
record Origin(boolean tls, String host, int port) {
  static Origin of(BaseUrl url) {
    String host = url.host().toLowerCase(Locale.ROOT);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return new Origin(
        url.isTls(), bracketed ? host.substring(1, host.length() - 1) : host, url.port());
  }

  /** As it stands in {@code Host}: without the scheme's own port. */
  String authority() {
    return port == (tls ? 443 : 80) ? bracketedHost() : hostAndPort();
  }

  String hostAndPort() {
    return bracketedHost() + ":" + port;
  }

  private String bracketedHost() {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }
}
