package io.modelgate.violations.application.port;

public interface InnocentPort {
  void use();

  /** Lies in a port. */
  record Inside() {}
}
