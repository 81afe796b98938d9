package io.modelgate.bootstrap;

import java.util.ArrayList;
import java.util.List;

/** Writes what the settings table says in the forms that people read. */
final class SettingsPapers {
  private static final int WIDTH = 96;
  private static final String HEAD =
      """
      # ModelGate's settings. Every setting stands here at its default, behind a "#": remove the "#" to
      # change it. The environment outranks this file: MG_ and the path in capitals, with underscores for
      # dots and dashes (MG_SERVER_PORT). A secret can also be read from a file that a variable ending in
      # _FILE names (MG_ADMIN_API_KEY_FILE). Durations: 500ms, 30s, 5m, 1h, 90d. Sizes: 512KB, 5MB,
      # plain bytes; 1KB is 1024 bytes. A wrong value stops the start, and all that is wrong is listed.
      # A running gateway takes up a changed file within seconds, whole or not at all; what needs a
      # restart says so here.
      """;

  private SettingsPapers() {}

  /** The whole of {@code config/modelgate.yaml}. */
  static String yaml() {
    var out = new StringBuilder(HEAD);
    List<String> section = List.of();
    for (SettingsKey<?> key : SettingsTable.ALL) {
      List<String> path = List.of(key.name().split("\\."));
      List<String> parents = path.subList(0, path.size() - 1);
      out.append(parents.isEmpty() ? "\n" : "");
      appendSections(out, section, parents);
      appendSetting(out, key, path.getLast(), "  ".repeat(parents.size()));
      section = parents;
    }
    return out.toString();
  }

  /** The lines of those sections that are not open yet. */
  private static void appendSections(StringBuilder out, List<String> open, List<String> wanted) {
    for (int depth = 0; depth < wanted.size(); depth++) {
      boolean isOpen =
          depth < open.size() && open.subList(0, depth + 1).equals(wanted.subList(0, depth + 1));
      if (!isOpen) {
        out.append(depth == 0 ? "\n" : "").append("  ".repeat(depth));
        out.append(wanted.get(depth)).append(":\n");
      }
    }
  }

  private static void appendSetting(
      StringBuilder out, SettingsKey<?> key, String name, String indent) {
    String restart =
        switch (key.applies()) {
          case AT_ONCE -> "";
          case AFTER_RESTART -> " A change needs a restart.";
        };
    String papers = key.effect() + " Needs " + allowed(key) + "." + restart;
    for (String line : wrapped(papers, WIDTH - indent.length())) {
      out.append(indent).append("# ").append(line).append('\n');
    }
    String text = key.defaultText() == null ? "" : " " + key.defaultText();
    out.append(indent).append('#').append(name).append(':').append(text).append('\n');
  }

  /** The README's table of settings, one row a setting. */
  static List<String> markdownRows() {
    return SettingsTable.ALL.stream()
        .map(
            key ->
                String.format(
                    "| `%s` | %s | %s | %s | %s |",
                    key.name(),
                    key.defaultText() == null ? "–" : "`" + key.defaultText() + "`",
                    allowed(key),
                    key.applies(),
                    key.effect()))
        .toList();
  }

  /** Without the examples, which stand at the top of the file. */
  private static String allowed(SettingsKey<?> key) {
    return key.form().allowed().replaceFirst(", such as .*", "");
  }

  private static List<String> wrapped(String text, int width) {
    var lines = new ArrayList<String>();
    var line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
