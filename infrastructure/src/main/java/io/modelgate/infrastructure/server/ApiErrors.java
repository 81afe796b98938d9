package io.modelgate.infrastructure.server;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/** Writes every error this server sends, so that all look the same. Immutable. */
public final class ApiErrors {
  private static final int SMALL_BODY = 64 * 1024;
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
  public void send(ServerRequest request, ServerResponse response, ApiError error) {
    response.status(Status.create(error.status()));
    Replies.json(request, response, json(error));
  }

  /**
   * Answers a request whose body was not read. A small body is passed over to keep the connection;
   * otherwise the connection ends, and the client is given a moment to take the answer (see {@link
   * LingeringClose}).
   */
  public void refuse(ServerRequest request, ServerResponse response, ApiError error) {
    if (bodyMayBeLeft(request)) {
      send(request, response, error);
      return;
    }
    response.header(HeaderValues.CONNECTION_CLOSE);
    send(request, response, error);
    throw new BodyLeftUnread();
  }

  /** Answers 405; {@code allowed} are the methods that would do, e.g. {@code "GET, HEAD"}. */
  public void refuseMethod(ServerRequest request, ServerResponse response, String allowed) {
    response.header(HeaderNames.ALLOW, allowed);
    String asked =
        request.prologue().method().text() + " " + request.prologue().uriPath().rawPath();
    refuse(
        request,
        response,
        ApiError.invalidRequest(405, "Method not allowed: " + asked + ". Use " + allowed + "."));
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

  /**
   * Whether a request can be answered without having read its body: there is none, it was read
   * already, or it is so short that passing over it costs less than a new connection. One that
   * waits for {@code 100 Continue} may or may not come, so it may not be left.
   */
  public static boolean bodyMayBeLeft(ServerRequest request) {
    return isBodyRead(request)
        || (request.headers().contentLength().orElse(Long.MAX_VALUE) <= SMALL_BODY
            && !request.headers().contains(HeaderNames.EXPECT));
  }

  /** Whether nothing of the request can still be under way. */
  static boolean isBodyRead(ServerRequest request) {
    return !request.content().hasEntity() || request.content().consumed();
  }
}
