package io.modelgate.violations.application.chat;

import io.modelgate.violations.application.port.InnocentPort;
import java.time.Instant;
import java.time.InstantSource;

/** Does what is done everywhere; no rule may mind. */
final class KeepsAllRules {
  private final InnocentPort port;
  private final InstantSource clock;

  KeepsAllRules(InnocentPort port, InstantSource clock) {
    this.port = port;
    this.clock = clock;
  }

  Instant handle() {
    port.use();
    return clock.instant();
  }
}
