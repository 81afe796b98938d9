package io.modelgate.violations.bootstrap;

/** May read the surroundings and print. */
final class Main {
  void say() {
    System.out.println(System.getenv("HOME"));
  }
}
