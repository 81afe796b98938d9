package io.modelgate.violations.bootstrap;

final class ReadsTheEnvironment {
  String home() {
    return String.valueOf(System.getenv("HOME"));
  }
}
