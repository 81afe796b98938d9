package io.modelgate.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Rows of an answer under headings, for people. Columns are as wide as what is in them. */
final class Table {
  private static final String GAP = "  ";

  private final List<JsonNode> rows;
  private final Map<String, Function<JsonNode, String>> columns = new LinkedHashMap<>();

  Table(List<JsonNode> rows) {
    this.rows = rows;
  }

  /** Adds a column that shows a field as it is. */
  Table with(String heading, String field) {
    return with(heading, row -> text(row.path(field)));
  }

  Table with(String heading, Function<JsonNode, String> cell) {
    columns.put(heading, cell);
    return this;
  }

  /** A value for people; {@code -} for none. */
  static String text(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) {
      return "-";
    }
    if (value.isArray()) {
      var parts = new ArrayList<String>();
      value.forEach(part -> parts.add(part.asText()));
      return parts.isEmpty() ? "-" : String.join(",", parts);
    }
    return value.isIntegralNumber() ? "%,d".formatted(value.asLong()) : plain(value.asText());
  }

  /** Nothing that a terminal would take for a command. */
  private static String plain(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) ? ' ' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  void print(PrintWriter out) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.copyOf(columns.keySet()));
    for (JsonNode row : rows) {
      lines.add(columns.values().stream().map(cell -> cell.apply(row)).toList());
    }
    int[] widths = new int[columns.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      var text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        text.append(line.get(i)).repeat(" ", widths[i] - line.get(i).length()).append(GAP);
      }
      out.println(text.toString().stripTrailing());
    }
  }
}
