package io.modelgate.bootstrap;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Secrets that a test has given a program, by name, to be searched for in what it let out: as they
 * are, in part, encoded in the usual ways, and hashed. For one thread.
 */
final class Marks {
  private final Map<String, List<String>> forms = new LinkedHashMap<>();

  /** Adds one of at least 20 characters. Returns it. */
  String secret(String name, String secret) {
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    byte[] hash = sha256(bytes);
    var all = new ArrayList<String>();
    all.add(secret);
    all.add(secret.substring(secret.length() - 14)); // what a cut or a masked beginning leaves
    all.add(secret.substring(6, 20));
    all.add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
    for (byte[] one : List.of(bytes, hash)) {
      all.add(Base64.getEncoder().withoutPadding().encodeToString(one));
      all.add(Base64.getUrlEncoder().withoutPadding().encodeToString(one));
      all.add(HexFormat.of().formatHex(one));
      all.add(HexFormat.of().formatHex(one).toUpperCase(Locale.ROOT));
    }
    forms.put(name, List.copyOf(all));
    return secret;
  }

  /** Adds words to be searched for as they are. */
  void words(String name, String... words) {
    forms.put(name, List.of(words));
  }

  /** What of it stands in the text, with what surrounds it; empty when all is well. */
  List<String> in(String text) {
    var found = new ArrayList<String>();
    forms.forEach(
        (name, all) -> {
          for (String form : all) {
            int at = text.indexOf(form);
            if (at >= 0) {
              String around =
                  text.substring(
                      Math.max(0, at - 120), Math.min(text.length(), at + form.length() + 60));
              found.add(name + ": …" + around + "…");
              return;
            }
          }
        });
    return found;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
