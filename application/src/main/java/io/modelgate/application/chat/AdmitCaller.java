package io.modelgate.application.chat;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.SecretHash;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Tells whose key came with a request. Asked before the body is read, so that strangers cost
 * nothing. Thread-safe; never blocks.
 */
public final class AdmitCaller {
  private final ApiKeys keys;
  private final InstantSource clock;

  public AdmitCaller(ApiKeys keys, InstantSource clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * Tells it of a secret.
   *
   * @param address where the request comes from; null when nobody can tell
   */
  public Admission handle(SecretHash presented, @Nullable InetAddress address) {
    Instant now = clock.instant();
    return keys.byHash(presented)
        .filter(key -> key.secret().accepts(presented, now))
        .map(key -> judge(key, address, now))
        .orElse(new Admission.Denied(new Refusal.UnknownKey()));
  }

  private static Admission judge(ApiKey key, @Nullable InetAddress address, Instant now) {
    return switch (key.standing(now)) {
      case GOOD ->
          key.terms().scope().covers(address)
              ? new Admission.Granted(key)
              : new Admission.Denied(new Refusal.AddressNotAllowed());
      case DISABLED -> new Admission.Denied(new Refusal.DisabledKey());
      case EXPIRED -> new Admission.Denied(new Refusal.ExpiredKey());
    };
  }

  /** Whether the caller may go on. */
  public sealed interface Admission {
    record Granted(ApiKey caller) implements Admission {}

    record Denied(Refusal refusal) implements Admission {}
  }
}
