package io.modelgate.violations.bootstrap;

final class Prints {
  void say() {
    System.out.println("hello");
  }
}
