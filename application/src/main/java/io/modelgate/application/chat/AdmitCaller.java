package io.modelgate.application.chat;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.SecretHash;
import java.time.InstantSource;

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

  public Admission handle(SecretHash presented) {
    return keys.byHash(presented)
        .map(this::judge)
        .orElse(new Admission.Denied(new Refusal.UnknownKey()));
  }

  private Admission judge(ApiKey key) {
    return switch (key.standing(clock.instant())) {
      case GOOD -> new Admission.Granted(key);
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
