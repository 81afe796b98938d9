package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.UpstreamFailure;
import java.io.IOException;

/**
 * Carries a failure out of the depths of a connection to the one place that turns it into a
 * delivery. Never leaves this package.
 */
final class CallFailed extends IOException {
  private static final long serialVersionUID = 1L;

  final transient UpstreamFailure failure;

  CallFailed(UpstreamFailure failure) {
    super(failure.toString());
    this.failure = failure;
  }

  static CallFailed unintelligible(String detail) {
    return new CallFailed(new UpstreamFailure.Unintelligible(detail));
  }
}
