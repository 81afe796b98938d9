package io.modelgate.violations.application.port;

/** The one port that endpoints have. */
public interface ReplySink {
  void write();

  /** Lies in it. */
  record Gone() {}
}
