package io.modelgate.infrastructure.server;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads {@code Forwarded}. A comma or semicolon in quotes separates nothing: what a proxy repeats
 * there, its client may have written.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7239#section-4">RFC 7239, 4: the syntax</a>
 */
final class ForwardedHeader {
  private static final Pattern PAIR =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s\",;]+))");

  private ForwardedHeader() {}

  /**
   * The nodes that the elements of one line name with {@code for}, left to right.
   *
   * @return for an element that names none, or more than one, or is malformed, the empty text
   */
  static List<String> nodes(String line) {
    return split(line, ',').stream().map(ForwardedHeader::node).toList();
  }

  private static String node(String element) {
    String node = null;
    for (String part : split(element, ';')) {
      String pair = part.strip();
      Matcher matcher = PAIR.matcher(pair);
      if (!pair.isEmpty() && !matcher.matches()) {
        return "";
      }
      if (!pair.isEmpty() && matcher.group(1).equalsIgnoreCase("for")) {
        if (node != null) {
          return "";
        }
        String quoted = matcher.group(2);
        node = quoted == null ? matcher.group(3) : quoted.replaceAll("\\\\(.)", "$1");
      }
    }
    return node == null ? "" : node;
  }

  /** At the separators outside quotes; where a quote is not closed, the rest is one part. */
  private static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    boolean quoted = false;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == separator && !quoted) {
        parts.add(text.substring(start, i));
        start = i + 1;
      }
    }
    parts.add(text.substring(start));
    return parts;
  }
}
