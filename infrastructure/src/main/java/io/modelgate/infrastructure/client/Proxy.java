package io.modelgate.infrastructure.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy that connections are made through, by {@code CONNECT}. {@link #toString()} shows no
 * password.
 *
 * @param host a name or an address; an IPv6 address without brackets
 * @param authorization the value of {@code Proxy-Authorization}; null for none
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6">RFC 9110, 9.3.6: CONNECT</a>
 */
public record Proxy(String host, int port, @Nullable String authorization) {
  public static final String ALLOWED =
      "http://host:port or http://user:password@host:port, such as http://proxy.example:3128";

  /**
   * Reads what a person wrote.
   *
   * @throws IllegalArgumentException when it is not {@link #ALLOWED}; the message does not repeat
   *     the text
   */
  public static Proxy of(String text) {
    try {
      var uri = new URI(text);
      String host = uri.getHost();
      boolean fit =
          "http".equalsIgnoreCase(uri.getScheme())
              && host != null
              && uri.getPort() > 0
              && uri.getPort() <= 65535
              && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null;
      if (fit) {
        boolean bracketed = host.startsWith("[");
        return new Proxy(
            bracketed ? host.substring(1, host.length() - 1) : host,
            uri.getPort(),
            basic(uri.getUserInfo()));
      }
    } catch (URISyntaxException _) {
      // Its message repeats the text.
    }
    throw new IllegalArgumentException("needs " + ALLOWED);
  }

  private static @Nullable String basic(@Nullable String userInfo) {
    return userInfo == null
        ? null
        : "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return "http://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
