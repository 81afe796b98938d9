package io.modelgate.infrastructure.server;

import java.time.Duration;

/**
 * How many connections a listener has, and how long each may take over what.
 *
 * @param most connections at a time; those beyond are told 503 and closed, or just closed when they
 *     are many
 * @param head from accepting the connection (or, on a kept one, from a request's first byte) to the
 *     end of the request's head; greeting over TLS is part of it
 * @param body for a request's body, from the end of its head
 * @param bodyBytesPerSecond a body may take a second more for each so many bytes of it that have
 *     come
 * @param idle between requests
 * @param write without a byte of the reply being taken by the client
 */
public record ConnectionLimits(
    int most, Duration head, Duration body, int bodyBytesPerSecond, Duration idle, Duration write) {
  /** As settings have them by default. */
  public static final ConnectionLimits USUAL =
      new ConnectionLimits(
          4096,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          50 * 1024,
          Duration.ofSeconds(75),
          Duration.ofSeconds(60));
}
