package io.modelgate.domain.routing;

import java.util.regex.Pattern;

/**
 * What a client asks for in {@code "model"}.
 *
 * @param value 1 to 200 visible ASCII characters without quotes, backslashes, {@code ?}, {@code #}
 *     or {@code %}, so that a name is the same in JSON, in a path and in a log; {@code /} and
 *     {@code :} are fine
 */
public record ModelName(String value) {
  public static final int MAX_LENGTH = 200;
  private static final Pattern ALLOWED = Pattern.compile("[!$&(->@-\\[\\]-~]{1,200}");

  public ModelName {
    if (!isValid(value)) {
      throw new IllegalArgumentException(
          "a model name has 1 to 200 visible ASCII characters without quotes, \\, ?, # or %");
    }
  }

  public static boolean isValid(String value) {
    return ALLOWED.matcher(value).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
