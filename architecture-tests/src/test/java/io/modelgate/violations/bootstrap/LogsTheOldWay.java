package io.modelgate.violations.bootstrap;

import java.util.logging.Logger;

final class LogsTheOldWay {
  private static final Logger LOG = Logger.getLogger("old");

  void say() {
    LOG.info("hello");
  }
}
