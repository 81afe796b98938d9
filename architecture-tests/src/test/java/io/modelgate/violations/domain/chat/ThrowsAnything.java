package io.modelgate.violations.domain.chat;

final class ThrowsAnything {
  void fail() {
    throw new RuntimeException("something");
  }
}
