package io.modelgate.infrastructure.json;

import java.nio.charset.StandardCharsets;

/** What may follow a backslash in a JSON string. */
final class JsonEscapes {
  private static final String SHORT = "\"\\/bfnrt";
  private static final String MEANT = "\"\\/\b\f\n\r\t";

  private JsonEscapes() {}

  /** Whether the character completes an escape by itself. */
  static boolean isShort(byte kind) {
    return SHORT.indexOf(kind) >= 0;
  }

  /** Whether four hexadecimal digits stand there; the array is long enough. */
  static boolean areHexDigits(byte[] bytes, int at) {
    return isHexDigit(bytes[at])
        && isHexDigit(bytes[at + 1])
        && isHexDigit(bytes[at + 2])
        && isHexDigit(bytes[at + 3]);
  }

  // Not Character.digit: that takes digits of every script.
  private static boolean isHexDigit(byte b) {
    return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f') || (b >= 'A' && b <= 'F');
  }

  /** The characters meant by what stands between a string's quotes, found valid before. */
  static String unescape(byte[] bytes, int from, int to) {
    var text = new StringBuilder(to - from);
    int plainFrom = from;
    int at = from;
    while (at < to) {
      if (bytes[at] != '\\') {
        at++;
        continue;
      }
      text.append(new String(bytes, plainFrom, at - plainFrom, StandardCharsets.UTF_8));
      byte kind = bytes[at + 1];
      text.append(kind == 'u' ? codeUnit(bytes, at + 2) : MEANT.charAt(SHORT.indexOf(kind)));
      at += kind == 'u' ? 6 : 2;
      plainFrom = at;
    }
    return text.append(new String(bytes, plainFrom, to - plainFrom, StandardCharsets.UTF_8))
        .toString();
  }

  private static char codeUnit(byte[] bytes, int at) {
    int unit = 0;
    for (int digit = at; digit < at + 4; digit++) {
      unit = unit << 4 | Character.digit(bytes[digit], 16);
    }
    return (char) unit;
  }

  /**
   * How many UTF-8 bytes an escaped text has when it is unescaped; a surrogate without its partner
   * counts as three.
   */
  static int unescapedLength(byte[] bytes, int from, int to) {
    int length = 0;
    int at = from;
    while (at < to) {
      if (bytes[at] != '\\') {
        length++;
        at++;
      } else if (bytes[at + 1] != 'u') {
        length++;
        at += 2;
      } else {
        char unit = codeUnit(bytes, at + 2);
        at += 6;
        if (Character.isHighSurrogate(unit) && isLowSurrogateAt(bytes, at, to)) {
          length += 4;
          at += 6;
        } else {
          length += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        }
      }
    }
    return length;
  }

  private static boolean isLowSurrogateAt(byte[] bytes, int at, int to) {
    return to - at >= 6
        && bytes[at] == '\\'
        && bytes[at + 1] == 'u'
        && Character.isLowSurrogate(codeUnit(bytes, at + 2));
  }
}
