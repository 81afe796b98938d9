package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;

/** What an adapter cannot pass on, said as a backend that speaks OpenAI's API would say it. */
final class ClientMistake {
  private ClientMistake() {}

  /**
   * A refusal with status 400.
   *
   * @param param the field that is wrong, e.g. {@code messages[2].content}
   */
  static UpstreamFailure of(String message, String param) {
    return new UpstreamFailure.Rejected(
        400, new UpstreamError(message, "invalid_request_error", param, null), null);
  }
}
