package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.infrastructure.client.Exchange;
import java.time.Duration;

/**
 * One try at a call: a prompt that does not fit is sent once more, to be shortened by Ollama.
 *
 * @param shortened whether this is that second time
 * @param waitedBefore for the first
 */
record OllamaAttempt(
    CallPlan plan, OllamaRequest request, boolean shortened, Duration waitedBefore) {
  static OllamaAttempt first(CallPlan plan, OllamaRequest request) {
    return new OllamaAttempt(plan, request, false, Duration.ZERO);
  }

  byte[] bytes() {
    return RequestBytes.post(plan, request.path(), "application/json", request.bytes());
  }

  /** The reply's head; to be made before the connection is given back. */
  ReplyHead head(Exchange exchange, String contentType, boolean seenToBeShortened) {
    return new ReplyHead(
        200, contentType, waitedBefore.plus(exchange.waited()), shortened || seenToBeShortened);
  }
}
