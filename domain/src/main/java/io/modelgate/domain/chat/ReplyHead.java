package io.modelgate.domain.chat;

import java.time.Duration;

/**
 * What is sent before the reply's first byte.
 *
 * @param status 200 to 299
 * @param contentType as the backend named it
 * @param upstreamWait how long the gateway had to wait for the backend until now; the rest of the
 *     time was its own
 */
public record ReplyHead(int status, String contentType, Duration upstreamWait) {}
