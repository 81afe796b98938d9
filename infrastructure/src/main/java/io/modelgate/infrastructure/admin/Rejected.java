package io.modelgate.infrastructure.admin;

import io.modelgate.infrastructure.server.ApiError;

/** Ends a request with an error reply; caught in one place, {@link AdminGate}. */
final class Rejected extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ApiError error;

  Rejected(ApiError error) {
    // Nobody reads the stack of a client's mistake.
    super(error.message(), null, false, false);
    this.error = error;
  }

  /** A field that cannot be accepted. */
  static Rejected field(String name, String message) {
    return new Rejected(ApiError.invalidRequest(400, message).withParam(name));
  }

  ApiError error() {
    return error;
  }
}
