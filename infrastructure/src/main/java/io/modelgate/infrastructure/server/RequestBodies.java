package io.modelgate.infrastructure.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.OptionalLong;

/** Reads JSON request bodies, bounded. Immutable. */
public final class RequestBodies {
  private final int maxBytes;

  /**
   * A reader that accepts bodies up to a size.
   *
   * @param maxBytes the largest body accepted
   */
  public RequestBodies(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Reads the body whole, once; blocks until it is there. Whether it is JSON is for the caller to
   * see.
   */
  public Body read(ServerRequest request) {
    var headers = request.headers();
    if (!headers
        .first(HeaderNames.CONTENT_ENCODING)
        .orElse("identity")
        .equalsIgnoreCase("identity")) {
      return new Body.Unfit(
          ApiError.invalidRequest(
              415,
              "Content-Encoding is not supported. Send the request body as plain, uncompressed JSON."));
    }
    String type = headers.first(HeaderNames.CONTENT_TYPE).orElse("application/json");
    if (!isJson(type)) {
      return new Body.Unfit(
          ApiError.invalidRequest(
              415,
              "Unsupported Content-Type. Send the request body as JSON with 'Content-Type: application/json'."));
    }
    OptionalLong announced = headers.contentLength();
    if (announced.isPresent() && announced.getAsLong() > maxBytes) {
      return tooLarge();
    }
    try {
      // Not closed: closing reads what is left of the body, however long that is.
      InputStream in = request.content().inputStream();
      byte[] bytes = in.readNBytes(maxBytes + 1);
      return bytes.length > maxBytes ? tooLarge() : new Body.Whole(bytes);
    } catch (RequestException e) {
      if (e.status().code() == Status.REQUEST_ENTITY_TOO_LARGE_413_CODE) {
        return tooLarge();
      }
      return notHttp();
    } catch (NumberFormatException _) {
      return notHttp(); // A chunk's size; Helidon's message repeats what stood there.
    } catch (DataReader.InsufficientDataAvailableException e) {
      throw new CloseConnectionException("the client ended the connection inside its request", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading a request body", e);
    }
  }

  private Body tooLarge() {
    return new Body.Unfit(
        ApiError.invalidRequest(
            413, "The request body is too large. At most " + maxBytes + " bytes are accepted."));
  }

  private static Body notHttp() {
    return new Body.Unfit(
        ApiError.invalidRequest(
            400,
            "The request body's framing is no valid HTTP/1.1. Send it with Content-Length, or in chunks without extensions."));
  }

  private static boolean isJson(String contentType) {
    int parameters = contentType.indexOf(';');
    String mediaType = parameters < 0 ? contentType : contentType.substring(0, parameters);
    return mediaType.strip().toLowerCase(Locale.ROOT).equals("application/json");
  }

  /** A body, or why there is none. */
  public sealed interface Body {
    /**
     * All of it.
     *
     * @param bytes owned by the receiver
     */
    record Whole(@SuppressWarnings("ArrayRecordComponent") byte[] bytes) implements Body {}

    /**
     * It cannot be taken; what is left of it was not read, so the connection must be closed after
     * the answer.
     */
    record Unfit(ApiError error) implements Body {}
  }
}
