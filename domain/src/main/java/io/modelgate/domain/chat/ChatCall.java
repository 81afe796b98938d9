package io.modelgate.domain.chat;

import java.util.Map;

/**
 * One call on its way through.
 *
 * @param requestId the client's own when it was sane, else the gateway's; 1 to 128 visible ASCII
 *     characters
 * @param headers what may be passed on of the client's headers, names in lower case: {@code
 *     accept}, {@code traceparent}, {@code tracestate}
 */
public record ChatCall(
    String requestId, Endpoint endpoint, RequestBody body, Map<String, String> headers) {
  public ChatCall {
    headers = Map.copyOf(headers);
  }
}
