package io.modelgate.domain.routing;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where a backend lives. Accepts {@code http} and {@code https} with a host, an optional port and
 * path; a trailing {@code /v1} or slash is dropped, so that both spellings people use mean the
 * same.
 *
 * @param uri normalised: no trailing slash, no {@code /v1}, no user info, query or fragment
 */
public record BaseUrl(URI uri) {
  public static final String ALLOWED =
      "an http:// or https:// URL with a host, without credentials, query or fragment, e.g. http://localhost:8000";

  public BaseUrl {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    boolean web = scheme.equals("http") || scheme.equals("https");
    boolean bare =
        uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
    if (!web || !bare || uri.getHost() == null || uri.getPort() == 0 || uri.getPort() > 65535) {
      throw new IllegalArgumentException("needs " + ALLOWED);
    }
  }

  /**
   * Reads and normalises what a person wrote.
   *
   * @throws IllegalArgumentException when it is not {@link #ALLOWED}; the message does not repeat
   *     the text, which may hold a secret
   */
  public static BaseUrl of(String text) {
    String trimmed = text.strip();
    int authority = trimmed.indexOf("://") + "://".length();
    int path = trimmed.indexOf('/', authority);
    // Only the path: a host may be called v1 too.
    String normal =
        path == -1 ? trimmed : trimmed.substring(0, path) + normal(trimmed.substring(path));
    try {
      return new BaseUrl(new URI(normal));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("needs " + ALLOWED, e);
    }
  }

  public boolean isTls() {
    return "https".equalsIgnoreCase(uri.getScheme());
  }

  /** The port to connect to: the one named, else the scheme's. */
  public int port() {
    if (uri.getPort() != -1) {
      return uri.getPort();
    }
    return isTls() ? 443 : 80;
  }

  @Override
  public String toString() {
    return uri.toString();
  }

  private static String normal(String path) {
    return withoutTrailing(withoutTrailing(withoutTrailing(path, "/"), "/v1"), "/");
  }

  private static String withoutTrailing(String text, String ending) {
    String rest = text;
    while (rest.endsWith(ending)) {
      rest = rest.substring(0, rest.length() - ending.length());
    }
    return rest;
  }
}
