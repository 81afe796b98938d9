package io.modelgate.infrastructure.server;

/**
 * A certificate or its key cannot be used. The message is a sentence for the operator, without any
 * secret.
 */
public final class TlsUnusable extends Exception {
  private static final long serialVersionUID = 1L;

  TlsUnusable(String message) {
    super(message);
  }

  TlsUnusable(String message, Throwable cause) {
    super(message, cause);
  }
}
