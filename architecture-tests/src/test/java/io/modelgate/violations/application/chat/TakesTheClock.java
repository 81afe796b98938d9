package io.modelgate.violations.application.chat;

import java.time.InstantSource;

final class TakesTheClock {
  InstantSource clock() {
    return InstantSource.system();
  }
}
