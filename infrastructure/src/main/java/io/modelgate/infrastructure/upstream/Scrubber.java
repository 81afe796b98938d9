package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.infrastructure.client.Origin;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of a backend's words what a client must not learn: where it is, and what opens it.
 *
 * @param addresses all spellings
 */
record Scrubber(Set<String> addresses, @Nullable Credential credential) {
  static Scrubber of(BaseUrl url, String remoteAddress, @Nullable Credential credential) {
    Origin origin = Origin.of(url, null);
    String scheme = origin.tls() ? "https://" : "http://";
    Set<String> addresses = new LinkedHashSet<>();
    addresses.add(url.toString());
    addresses.add(scheme + origin.hostAndPort());
    addresses.add(scheme + origin.authority());
    addresses.add(origin.hostAndPort());
    addresses.add(remoteAddress);
    return new Scrubber(addresses, credential);
  }

  /** The text on one line, of at most so many characters. */
  String scrub(String text, int most) {
    String clean = text;
    if (credential != null) {
      clean = clean.replace(credential.secret(), "…");
    }
    var longestFirst = Comparator.comparingInt(String::length).reversed();
    for (String address : addresses.stream().sorted(longestFirst).toList()) {
      clean =
          Pattern.compile(Pattern.quote(address), Pattern.CASE_INSENSITIVE)
              .matcher(clean)
              .replaceAll("the backend");
    }
    clean = clean.replaceAll("\\p{Cntrl}", " ").strip();
    if (clean.length() <= most) {
      return clean;
    }
    boolean splitsPair = Character.isHighSurrogate(clean.charAt(most - 1));
    return clean.substring(0, splitsPair ? most - 1 : most);
  }
}
