package io.modelgate.bootstrap;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One setting.
 *
 * @param name its path in the file, e.g. {@code server.port}
 * @param defaultText what holds when nobody says otherwise, as it would stand in the file; null for
 *     nothing
 * @param effect what it does, in whole sentences for the file and the README
 * @param applies when a change shows
 */
record SettingsKey<T>(
    String name, ValueForm<T> form, @Nullable String defaultText, String effect, Applies applies) {
  private static final Pattern USER_INFO = Pattern.compile("^([A-Za-z][A-Za-z0-9+.-]*://)?.*@");
  private static final Pattern QUERY = Pattern.compile("([?#]).*");
  private static final int LONGEST_SHOWN = 120;

  /** When a change of a setting shows. */
  enum Applies {
    /** Within seconds; calls under way keep what they began with. */
    AT_ONCE("at once"),
    AFTER_RESTART("after restart");

    private final String words;

    Applies(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /** The environment variable that sets it, e.g. {@code MG_SERVER_PORT}. */
  String variable() {
    return "MG_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The variable that names a file to read it from; only secrets have one. */
  String fileVariable() {
    return variable() + "_FILE";
  }

  /** Whether two texts say the same, as {@code 5m} and {@code 300s} do; null says nothing. */
  boolean isSame(@Nullable String one, @Nullable String other) {
    if (one == null || other == null) {
      return Objects.equals(one, other);
    }
    return form.reading().apply(one).equals(form.reading().apply(other));
  }

  /** A value without secrets; URLs may hold some. */
  String masked(String text) {
    if (form.secret()) {
      return Secret.MASK;
    }
    String masked = USER_INFO.matcher(text).replaceFirst("$1" + Secret.MASK + "@");
    return text.contains("://") ? QUERY.matcher(masked).replaceAll("$1" + Secret.MASK) : masked;
  }

  /** A value fit for a line of text: {@link #masked}, on one line, not too long. */
  String shown(String text) {
    String masked = masked(text).replaceAll("\\p{Cntrl}", "\uFFFD");
    return masked.length() <= LONGEST_SHOWN ? masked : masked.substring(0, LONGEST_SHOWN) + "…";
  }
}
