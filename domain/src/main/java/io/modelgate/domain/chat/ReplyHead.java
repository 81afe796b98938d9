package io.modelgate.domain.chat;

import java.time.Duration;

/**
 * What is sent before the reply's first byte.
 *
 * @param status 200 to 299
 * @param contentType as the backend named it
 * @param upstreamWait how long the gateway had to wait for the backend until now; the rest of the
 *     time was its own
 * @param promptTruncated whether the backend dropped a part of the prompt because it did not fit
 */
public record ReplyHead(
    int status, String contentType, Duration upstreamWait, boolean promptTruncated) {
  /** Of a reply to the whole prompt. */
  public ReplyHead(int status, String contentType, Duration upstreamWait) {
    this(status, contentType, upstreamWait, false);
  }
}
