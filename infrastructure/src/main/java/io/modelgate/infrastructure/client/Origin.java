package io.modelgate.infrastructure.client;

import io.modelgate.domain.routing.BaseUrl;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What connections can be shared between.
 *
 * @param host a name or an address; an IPv6 address without brackets
 * @param proxy what the connections go through; null for none
 */
public record Origin(boolean tls, String host, int port, @Nullable Proxy proxy) {
  public static Origin of(BaseUrl url, @Nullable Proxy proxy) {
    String host = url.host().toLowerCase(Locale.ROOT);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return new Origin(
        url.isTls(), bracketed ? host.substring(1, host.length() - 1) : host, url.port(), proxy);
  }

  /** As it stands in {@code Host}: without the scheme's own port. */
  public String authority() {
    return port == (tls ? 443 : 80) ? bracketedHost() : hostAndPort();
  }

  public String hostAndPort() {
    return bracketedHost() + ":" + port;
  }

  private String bracketedHost() {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }
}
