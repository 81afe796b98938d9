package io.modelgate.violations.application.chat;

final class HidesInAThread {
  private final ThreadLocal<String> cache = new ThreadLocal<>();

  String cached() {
    return cache.get();
  }
}
