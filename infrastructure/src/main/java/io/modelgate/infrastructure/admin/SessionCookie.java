package io.modelgate.infrastructure.admin;

import io.helidon.http.HeaderNames;
import io.helidon.http.SetCookie;
import io.helidon.http.SetCookie.SameSite;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/**
 * The cookie that carries a session: no script reads it, no other site sends it, and under TLS it
 * goes over nothing else.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6265">RFC 6265: HTTP State Management</a>
 */
final class SessionCookie {
  private static final String NAME = "modelgate_session";

  /** Helidon's builder takes a Max-Age of 0 for none. */
  private static final String ENDED = "; Max-Age=0";

  private SessionCookie() {}

  /** None where a bearer key was shown: nobody is two at a time. */
  static Optional<String> of(ServerRequest request) {
    if (request.headers().contains(HeaderNames.AUTHORIZATION)) {
      return Optional.empty();
    }
    return request.headers().cookies().first(NAME).filter(value -> value.length() <= 100);
  }

  static void set(ServerRequest request, ServerResponse response, String value) {
    response.headers().add(HeaderNames.SET_COOKIE, cookie(request, value).build().text());
  }

  static void clear(ServerRequest request, ServerResponse response) {
    response.headers().add(HeaderNames.SET_COOKIE, cookie(request, "").build().text() + ENDED);
  }

  /** It lasts as long as the browser; the session itself ends earlier. */
  private static SetCookie.Builder cookie(ServerRequest request, String value) {
    return SetCookie.builder(NAME, value)
        .path(AdminApi.PATH)
        .httpOnly(true)
        .sameSite(SameSite.STRICT)
        .secure(request.isSecure());
  }
}
