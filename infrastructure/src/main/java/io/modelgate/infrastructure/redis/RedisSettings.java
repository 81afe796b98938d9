package io.modelgate.infrastructure.redis;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which Redis to share limits in.
 *
 * @param host name or address, without brackets
 * @param port 1 to 65535
 * @param password null when it asks for none; never shown
 * @param tls whether to speak TLS, with the JDK's trust store and the host's name checked
 */
public record RedisSettings(
    String host, int port, @Nullable String password, boolean tls, OnStoreFailure onStoreFailure) {
  /** How long a call waits for Redis at most. */
  public static final Duration TIMEOUT = Duration.ofMillis(200);

  public RedisSettings {
    if (host.isBlank() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException("needs a host and a port of 1 to 65535");
    }
  }

  /** {@code host:port}, as it may be logged. */
  String place() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /** Shows where, never the password. */
  @Override
  public String toString() {
    return "RedisSettings[" + place() + ", tls=" + tls + ", " + onStoreFailure.wireName() + "]";
  }

  /**
   * What becomes of calls while Redis does not answer. The wire name is the constant in lower case.
   */
  public enum OnStoreFailure {
    /** Each gateway enforces its share of the limits. */
    LOCAL,
    /** No call with limits is let through. */
    DENY;

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** As written in settings. */
    public String wireName() {
      return wireName;
    }

    /** The one of that exact wire name. */
    public static Optional<OnStoreFailure> ofWireName(String name) {
      return Arrays.stream(values()).filter(one -> one.wireName.equals(name)).findFirst();
    }
  }
}
