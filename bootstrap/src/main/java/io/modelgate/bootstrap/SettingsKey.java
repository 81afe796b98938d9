package io.modelgate.bootstrap;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One setting.
 *
 * @param name its path in the file, e.g. {@code server.port}
 * @param defaultText what holds when nobody says otherwise, as it would stand in the file; null for
 *     nothing
 * @param effect what it does, in whole sentences for the file and the README
 */
record SettingsKey<T>(String name, ValueForm<T> form, @Nullable String defaultText, String effect) {
  private static final Pattern USER_INFO = Pattern.compile("//[^/]*@");
  private static final Pattern QUERY = Pattern.compile("\\?.*");
  private static final int LONGEST_SHOWN = 120;

  /** The environment variable that sets it, e.g. {@code MG_SERVER_PORT}. */
  String variable() {
    return "MG_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The variable that names a file to read it from; only secrets have one. */
  String fileVariable() {
    return variable() + "_FILE";
  }

  /** A wrong value, fit to be shown: no secrets (URLs may hold some), on one line, not too long. */
  String shown(String text) {
    if (form.secret()) {
      return Secret.MASK;
    }
    String masked = USER_INFO.matcher(text).replaceAll("//" + Secret.MASK + "@");
    masked = text.contains("://") ? QUERY.matcher(masked).replaceAll("?" + Secret.MASK) : masked;
    masked = masked.replaceAll("\\p{Cntrl}", "\uFFFD");
    return masked.length() <= LONGEST_SHOWN ? masked : masked.substring(0, LONGEST_SHOWN) + "…";
  }
}
