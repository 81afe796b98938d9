package io.modelgate.application.port;

/**
 * Driven port: takes calls that the gateway turned away, for the log of calls. Thread-safe; never
 * blocks and never fails: what is too much is left out, and counted.
 */
public interface RefusedCalls {
  void note(RefusedCall call);
}
