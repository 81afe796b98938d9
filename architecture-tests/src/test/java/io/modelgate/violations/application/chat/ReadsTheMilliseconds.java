package io.modelgate.violations.application.chat;

final class ReadsTheMilliseconds {
  long time() {
    return System.currentTimeMillis();
  }
}
