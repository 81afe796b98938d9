package io.modelgate.infrastructure.server;

import java.time.Duration;

/**
 * Where and how the server listens.
 *
 * @param host name or address to bind; {@code 0.0.0.0} for all
 * @param port 0 to 65535; 0 lets the system choose
 * @param maxBodyBytes the largest request body accepted, in bytes
 * @param shutdownGrace how long running calls may go on after {@link ApiServer#close()}
 */
public record ServerSettings(String host, int port, int maxBodyBytes, Duration shutdownGrace) {}
