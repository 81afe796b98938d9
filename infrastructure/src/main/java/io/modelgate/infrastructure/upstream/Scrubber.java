package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.infrastructure.client.Origin;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of a backend's words what a client must not learn: where it is, and what opens it. Of
 * the model's own backend it knows every usual spelling; of other machines that a backend may talk
 * of, addresses by number, and URLs and ports of hosts that only an inner network knows; in words
 * about its inner troubles also every other URL, and hosts with ports.
 *
 * @param known what says where the backend is, and replaced by "the backend"
 */
record Scrubber(Pattern known, @Nullable Credential credential) {
  private static final String BACKEND = "the backend";
  private static final String SECRET = "…";

  /** {@code /api} and the like say nothing. */
  private static final int SHORT_PATH = 4;

  /** What a URL begins with, with or without escaped slashes. */
  private static final String SCHEME = "[a-z][a-z0-9+.-]{1,15}:(?:\\\\?/){2}(?:[^\\s/\"'<>@]*@)?";

  private static final String PORT = "(?::[0-9]{1,5}(?![0-9]))?";
  private static final String REST_OF_URL = "[^\\s\"'<>,;)]*";

  /** A name that only an inner network knows. */
  private static final String INNER_NAME =
      "[a-z0-9_.-]+\\.(?:local|localdomain|internal|intranet|lan|home|corp|svc|localhost|invalid|test)(?![a-z0-9_-]|\\.[a-z0-9])";

  /** A URL whose host has no public name. */
  private static final String INNER_URL =
      SCHEME
          + "(?:(?:[0-9]{1,3}\\.){3}[0-9]{1,3}|\\[[0-9a-f:.]+]|[a-z0-9_-]+|"
          + INNER_NAME
          + ")(?![a-z0-9_.-])"
          + PORT
          + REST_OF_URL;

  private static final String INNER_HOST = "(?<![a-z0-9_.-])" + INNER_NAME;

  private static final String IPV4 =
      "(?<![0-9.])(?:[0-9]{1,3}\\.){3}[0-9]{1,3}(?![0-9]|\\.[0-9])(?::[0-9]{1,5})?";
  private static final String IPV6 =
      "\\[[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*](?::[0-9]{1,5})?"
          + "|(?<![0-9a-z:.])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"
          + "|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}"
          + "|::(?:1|ffff:[0-9.]{7,15}))(?![0-9a-z:])";

  private static final String LOCALHOST = "(?<![a-z0-9.-])localhost(?![a-z0-9.-])(?::[0-9]{1,5})?";

  /** In any words, whoever's backend it is. */
  private static final Pattern INNER =
      Pattern.compile(
          String.join("|", INNER_URL, IPV4, IPV6, LOCALHOST, INNER_HOST + ":[0-9]{1,5}(?![0-9])"),
          Pattern.CASE_INSENSITIVE);

  /**
   * In words about a backend's inner troubles any URL and any host with a port, public or not. A
   * name of one word is a host only with a port of four digits, or where a connection is told of.
   */
  private static final Pattern ANYWHERE =
      Pattern.compile(
          String.join(
              "|",
              SCHEME + REST_OF_URL,
              INNER_HOST + PORT,
              "(?<![a-z0-9_.-])[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*\\.[a-z][a-z0-9-]*:[0-9]{2,5}(?![0-9a-z])",
              "(?<![a-z0-9_.:-])[a-z][a-z0-9_-]*:[0-9]{4,5}(?![0-9a-z:])",
              "(?<=\\b(?:tcp|host|to|at|from|upstream) )[a-z][a-z0-9_-]*:[0-9]{2,5}(?![0-9a-z:])"),
          Pattern.CASE_INSENSITIVE);

  static Scrubber of(BaseUrl url, String remoteAddress, @Nullable Credential credential) {
    Origin origin = Origin.of(url, null);
    String scheme = origin.tls() ? "https://" : "http://";
    List<String> spellings = new ArrayList<>();
    spellings.add(url.toString());
    spellings.add(scheme + origin.hostAndPort());
    spellings.add(scheme + origin.authority());
    spellings.add(origin.hostAndPort());
    spellings.add(remoteAddress);
    spellings.addAll(spellings.stream().map(one -> one.replace("/", "\\/")).toList());
    spellings.addAll(
        spellings.stream().map(one -> URLEncoder.encode(one, StandardCharsets.UTF_8)).toList());
    spellings.sort((one, other) -> other.length() - one.length());
    String path = url.uri().getRawPath();
    List<String> patterns =
        new ArrayList<>(spellings.stream().map(one -> Pattern.quote(one) + "(?!:?[0-9])").toList());
    patterns.add(SCHEME + Pattern.quote(origin.host()) + "(?![a-z0-9_.-])" + PORT + REST_OF_URL);
    patterns.add(host(origin.host()) + PORT);
    if (path != null && path.length() > SHORT_PATH) {
      patterns.add(Pattern.quote(path) + "(?![a-z0-9_-])");
    }
    return new Scrubber(
        Pattern.compile(String.join("|", patterns), Pattern.CASE_INSENSITIVE), credential);
  }

  /**
   * A host by itself. One of a single word, as containers have, may be an ordinary word: it is
   * meant only where it is set apart as a host is.
   */
  private static String host(String host) {
    String quoted = Pattern.quote(host);
    return host.indexOf('.') >= 0 || host.indexOf(':') >= 0
        ? "(?<![a-z0-9.-])" + quoted + "(?![a-z0-9-]|\\.[a-z0-9])"
        : "(?<=host[=: ]{1,2}['\"]?|host[ =:]{0,2}\\(?['\"]|//|@)" + quoted + "(?![a-z0-9.-])";
  }

  /** The text on one line, of at most so many characters. */
  String scrub(String text, int most) {
    return shortened(withoutAddresses(text), most);
  }

  /** The same for words that were not meant for clients: of no machine is said where it is. */
  String scrubOfAnyAddress(String text, int most) {
    return shortened(ANYWHERE.matcher(withoutAddresses(text)).replaceAll(BACKEND), most);
  }

  private String withoutAddresses(String text) {
    String clean = text;
    if (credential != null) {
      String secret = credential.secret();
      clean =
          clean
              .replace(secret, SECRET)
              .replace(URLEncoder.encode(secret, StandardCharsets.UTF_8), SECRET)
              .replace(base64(secret), SECRET);
    }
    clean = known.matcher(clean).replaceAll(BACKEND);
    return INNER.matcher(clean).replaceAll(BACKEND);
  }

  private static String shortened(String text, int most) {
    String clean = text.replaceAll("\\p{Cntrl}", " ").strip();
    if (clean.length() <= most) {
      return clean;
    }
    boolean splitsPair = Character.isHighSurrogate(clean.charAt(most - 1));
    return clean.substring(0, splitsPair ? most - 1 : most);
  }

  private static String base64(String secret) {
    return Base64.getEncoder()
        .withoutPadding()
        .encodeToString(secret.getBytes(StandardCharsets.UTF_8));
  }
}
