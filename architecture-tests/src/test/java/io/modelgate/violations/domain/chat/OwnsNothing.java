package io.modelgate.violations.domain.chat;

final class OwnsNothing {
  static int count = 1;

  private OwnsNothing() {}
}
