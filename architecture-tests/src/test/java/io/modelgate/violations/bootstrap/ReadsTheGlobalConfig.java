package io.modelgate.violations.bootstrap;

import io.helidon.config.Config;

final class ReadsTheGlobalConfig {
  Config config() {
    return Config.global();
  }
}
