package io.modelgate.domain.access;

import java.util.regex.Pattern;

/**
 * Names of models: one, or all of a kind, where {@code *} stands for any characters, e.g. {@code
 * llama3*}.
 *
 * @param text 1 to 200 visible ASCII characters
 */
public record ModelPattern(String text) {
  private static final Pattern ALLOWED = Pattern.compile("[!-~]{1,200}");

  public ModelPattern {
    if (!isValid(text)) {
      throw new IllegalArgumentException("a pattern is written like a model's name, with *");
    }
  }

  public static boolean isValid(String text) {
    return ALLOWED.matcher(text).matches();
  }

  /** In time proportional to both lengths' product at most: goes back to the last star alone. */
  public boolean matches(String model) {
    int at = 0;
    int in = 0;
    int star = -1;
    int afterStar = 0;
    while (in < model.length()) {
      if (at < text.length() && text.charAt(at) == '*') {
        star = at++;
        afterStar = in;
      } else if (at < text.length() && text.charAt(at) == model.charAt(in)) {
        at++;
        in++;
      } else if (star >= 0) {
        at = star + 1;
        in = ++afterStar;
      } else {
        return false;
      }
    }
    while (at < text.length() && text.charAt(at) == '*') {
      at++;
    }
    return at == text.length();
  }

  @Override
  public String toString() {
    return text;
  }
}
