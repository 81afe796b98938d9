package io.modelgate.bootstrap;

/** Keeps one event on one line, whatever clients managed to get into it. */
final class LogText {
  private LogText() {}

  /**
   * Appends with quotes, backslashes, control and line-breaking characters escaped as JSON does, so
   * that the result can stand between double quotes.
   */
  static void appendEscaped(StringBuilder out, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        default -> appendVisible(out, c);
      }
    }
  }

  /** Appends with control and line-breaking characters escaped and all else as it is. */
  static void appendOnOneLine(StringBuilder out, String text) {
    for (int i = 0; i < text.length(); i++) {
      appendVisible(out, text.charAt(i));
    }
  }

  /** Without control characters, which could also steer the operator's terminal. */
  private static void appendVisible(StringBuilder out, char c) {
    switch (c) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || isBidiControl(c)) {
          out.append(String.format("\\u%04x", (int) c));
        } else {
          out.append(c);
        }
      }
    }
  }

  /** These reorder what a terminal shows. */
  private static boolean isBidiControl(char c) {
    return (c >= '\u202a' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
  }
}
