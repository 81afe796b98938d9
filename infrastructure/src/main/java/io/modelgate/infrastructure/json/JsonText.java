package io.modelgate.infrastructure.json;

import java.nio.charset.StandardCharsets;

/** Writes the small pieces of JSON that are spliced into bodies. */
public final class JsonText {
  private JsonText() {}

  /**
   * {@code text} as a JSON string in UTF-8, quotes included. Surrogates without a partner are
   * written as escapes, so that any string survives.
   */
  public static byte[] quote(String text) {
    var quoted = new StringBuilder(text.length() + 2).append('"');
    text.codePoints().forEach(character -> append(quoted, character));
    return quoted.append('"').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void append(StringBuilder quoted, int character) {
    if (character == '"' || character == '\\') {
      quoted.append('\\').append((char) character);
    } else if (character < ' ' || isLoneSurrogate(character)) {
      quoted.append("\\u%04x".formatted(character));
    } else {
      quoted.appendCodePoint(character);
    }
  }

  private static boolean isLoneSurrogate(int character) {
    return character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
  }
}
