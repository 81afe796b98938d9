package io.modelgate.infrastructure.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * Sends replies that are known whole. Helidon leaves it to handlers not to answer HEAD with a body.
 */
public final class Replies {
  private Replies() {}

  /**
   * Sends JSON, with the status set before.
   *
   * @param body UTF-8; only its length is told to who asked with HEAD
   */
  public static void json(ServerRequest request, ServerResponse response, byte[] body) {
    response.header(HeaderValues.CONTENT_TYPE_JSON);
    if (request.prologue().method().equals(Method.HEAD)) {
      response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
      response.send();
    } else {
      response.send(body);
    }
  }
}
