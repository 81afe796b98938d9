package io.modelgate.infrastructure.server;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/** Writes every error this server sends, so that all look the same. Immutable. */
public final class ApiErrors {
  private final boolean statusAsCode;

  /**
   * Errors in one of two dialects.
   *
   * @param statusAsCode whether {@code code} carries the numeric HTTP status instead of OpenAI's
   *     string (setting {@code errors.code})
   */
  public ApiErrors(boolean statusAsCode) {
    this.statusAsCode = statusAsCode;
  }

  /** Answers with the error; the response must not have been sent. Headers set before stay. */
  public void send(ServerResponse response, ApiError error) {
    response.status(Status.create(error.status()));
    response.header(HeaderValues.CONTENT_TYPE_JSON);
    response.send(json(error));
  }

  /** The body alone, UTF-8, on one line; also the data of an error event inside a stream. */
  public byte[] json(ApiError error) {
    ObjectNode inner = JsonNodeFactory.instance.objectNode();
    inner.put("message", error.message());
    inner.put("type", error.type());
    inner.put("param", error.param());
    if (statusAsCode) {
      inner.put("code", error.status());
    } else {
      inner.put("code", error.code());
    }
    inner.put("status", error.status());
    ObjectNode outer = JsonNodeFactory.instance.objectNode();
    outer.set("error", inner);
    return outer.toString().getBytes(StandardCharsets.UTF_8);
  }
}
