package io.modelgate.infrastructure.client;

import io.modelgate.domain.chat.UpstreamFailure;
import java.io.IOException;

/**
 * Carries a failure out of the depths of a connection to the one place that turns it into a
 * delivery. Never leaves {@code upstream}.
 */
public final class CallFailed extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient UpstreamFailure failure;

  public CallFailed(UpstreamFailure failure) {
    super(failure.toString());
    this.failure = failure;
  }

  public UpstreamFailure failure() {
    return failure;
  }

  public static CallFailed unintelligible(String detail) {
    return new CallFailed(new UpstreamFailure.Unintelligible(detail));
  }
}
