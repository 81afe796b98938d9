package io.modelgate.infrastructure.server;

import io.modelgate.domain.net.Network;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where and how the server listens.
 *
 * @param host name or address to bind; {@code 0.0.0.0} for all
 * @param port 0 to 65535; 0 lets the system choose
 * @param maxBodyBytes the largest request body accepted, in bytes
 * @param shutdownGrace how long running calls may go on after {@link ApiServer#close()}
 * @param trustedProxies whose word on who their client is counts
 * @param wrongKeys what all listeners count wrong keys with
 * @param corsOrigins whose pages may call {@code /v1}; {@code *} for all, empty for none
 * @param connections how many, and how slow
 * @param tls what to show to clients; null to speak without TLS
 */
public record ServerSettings(
    String host,
    int port,
    int maxBodyBytes,
    Duration shutdownGrace,
    List<Network> trustedProxies,
    WrongKeys wrongKeys,
    Set<String> corsOrigins,
    ConnectionLimits connections,
    @Nullable TlsIdentity tls) {
  public ServerSettings {
    trustedProxies = List.copyOf(trustedProxies);
    corsOrigins = Set.copyOf(corsOrigins);
  }

  /** Without TLS, proxies, browsers or a bound for wrong keys, with the usual limits. */
  public ServerSettings(String host, int port, int maxBodyBytes, Duration shutdownGrace) {
    this(
        host,
        port,
        maxBodyBytes,
        shutdownGrace,
        List.of(),
        WrongKeys.unbounded(),
        Set.of(),
        ConnectionLimits.USUAL,
        null);
  }

  /** With other limits. */
  ServerSettings with(ConnectionLimits others) {
    return new ServerSettings(
        host,
        port,
        maxBodyBytes,
        shutdownGrace,
        trustedProxies,
        wrongKeys,
        corsOrigins,
        others,
        tls);
  }

  /** With TLS. */
  ServerSettings with(TlsIdentity identity) {
    return new ServerSettings(
        host,
        port,
        maxBodyBytes,
        shutdownGrace,
        trustedProxies,
        wrongKeys,
        corsOrigins,
        connections,
        identity);
  }
}
