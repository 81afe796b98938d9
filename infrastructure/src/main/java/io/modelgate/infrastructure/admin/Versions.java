package io.modelgate.infrastructure.admin;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.ApiError;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.UnaryOperator;

/**
 * Lets nobody change what they have not seen, if they say what they saw.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1">RFC 9110, 13.1.1:
 *     If-Match</a>
 */
final class Versions {
  private static final ApiError CHANGED =
      ApiError.invalidRequest(
              412, "somebody else has changed it meanwhile; read it again, then change it")
          .withCode("changed_meanwhile");

  private Versions() {}

  static void put(ServerResponse response, Record thing) {
    response.header(HeaderNames.ETAG, of(thing));
  }

  /**
   * The change, made only of the version that the request names, or of any when it names none.
   *
   * @return throws {@link Rejected} for another version
   */
  static <T extends Record> UnaryOperator<T> guarded(
      ServerRequest request, UnaryOperator<T> change) {
    String wanted = request.headers().first(HeaderNames.IF_MATCH).orElse("*").strip();
    return thing -> {
      if (!wanted.equals("*") && !wanted.equals(of(thing))) {
        throw new Rejected(CHANGED);
      }
      return change.apply(thing);
    };
  }

  /** A record says all that it holds, secrets left out, and when it was changed. */
  private static String of(Record thing) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(thing.toString().getBytes(StandardCharsets.UTF_8));
      return '"' + HexFormat.of().formatHex(digest, 0, 8) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
