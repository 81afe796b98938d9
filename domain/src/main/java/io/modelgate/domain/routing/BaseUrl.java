package io.modelgate.domain.routing;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  private static final int MAX_LENGTH = 2_000;

  private static final Pattern NAMED =
      Pattern.compile("(?<host>[A-Za-z0-9._-]+)(?::(?<port>[0-9]{1,5}))?");

  public BaseUrl {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    boolean web = scheme.equals("http") || scheme.equals("https");
    boolean bare =
        uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
    if (!web || !bare || uri.toString().length() > MAX_LENGTH || !hasHostAndPort(uri)) {
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
    } catch (URISyntaxException _) { // not as a cause: its message repeats the text
      throw new IllegalArgumentException("needs " + ALLOWED);
    }
  }

  public boolean isTls() {
    return "https".equalsIgnoreCase(uri.getScheme());
  }

  /** A name or an address; an IPv6 address in brackets. */
  public String host() {
    String host = uri.getHost();
    return host == null ? named(uri).orElseThrow().group("host") : host;
  }

  /** The port to connect to: the one named, else the scheme's. */
  public int port() {
    int port = portNamed(uri);
    if (port != -1) {
      return port;
    }
    return isTls() ? 443 : 80;
  }

  /** The path in ASCII, as it goes over the wire; empty for none. */
  public String asciiPath() {
    String path = uri.getRawPath();
    return path.isEmpty() ? path : URI.create(uri.toASCIIString()).getRawPath();
  }

  @Override
  public String toString() {
    return uri.toString();
  }

  private static boolean hasHostAndPort(URI uri) {
    boolean host = uri.getHost() != null || named(uri).isPresent();
    return host && portNamed(uri) != 0 && portNamed(uri) <= 65535;
  }

  /** -1 for none. */
  private static int portNamed(URI uri) {
    return uri.getHost() != null
        ? uri.getPort()
        : named(uri).map(named -> named.group("port")).map(Integer::parseInt).orElse(-1);
  }

  /**
   * RFC 3986 allows names in which {@link URI} finds no host: those with underscores, as Docker
   * makes them.
   */
  private static Optional<MatchResult> named(URI uri) {
    String authority = uri.getRawAuthority();
    Matcher matcher = NAMED.matcher(authority == null ? "" : authority);
    return matcher.matches() ? Optional.of(matcher.toMatchResult()) : Optional.empty();
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
