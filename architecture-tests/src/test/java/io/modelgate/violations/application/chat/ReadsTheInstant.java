package io.modelgate.violations.application.chat;

import java.time.Instant;

final class ReadsTheInstant {
  Instant time() {
    return Instant.now();
  }
}
