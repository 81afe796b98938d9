package io.modelgate.testing.wire;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A reader of what {@code /metrics} brings, as strict as Prometheus, and stricter: each family has
 * its HELP and TYPE once, before its samples, and its samples together; no series comes twice;
 * buckets grow, and the last is the count.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Prometheus:
 *     exposition formats</a>
 */
public final class Scrape {
  private static final Pattern COMMENT =
      Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (NaN|[+-]Inf|[-+0-9.eE]+)", Pattern.DOTALL);
  private static final Pattern LABEL =
      Pattern.compile("\\G([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\\"n])*)\"(?:,|$)");
  private static final Set<String> TYPES =
      Set.of("counter", "gauge", "histogram", "summary", "untyped");

  private final Map<Series, Double> values = new LinkedHashMap<>();
  private final Map<String, String> types = new HashMap<>();
  private final Set<String> helped = new HashSet<>();
  private @Nullable String family;

  private record Series(String name, Map<String, String> labels) {}

  private Scrape() {}

  /**
   * Reads it all.
   *
   * @throws IllegalArgumentException when it is not well formed
   */
  public static Scrape parse(String text) {
    if (!text.endsWith("\n")) {
      throw new IllegalArgumentException("the last line does not end");
    }
    var scrape = new Scrape();
    for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
      scrape.read(line);
    }
    scrape.checkBuckets();
    return scrape;
  }

  /** The sum of the series of that name with those labels, given as name, value, name, value. */
  public double sum(String name, String... labels) {
    return matching(name, labels).stream().mapToDouble(values::get).sum();
  }

  /** The values that a label has in the series of that name. */
  public Set<String> labelValues(String name, String label) {
    Set<String> found = new TreeSet<>();
    for (Series series : matching(name)) {
      String value = series.labels().get(label);
      if (value != null) {
        found.add(value);
      }
    }
    return found;
  }

  /** All families. */
  public Set<String> families() {
    return new TreeSet<>(types.keySet());
  }

  private List<Series> matching(String name, String... labels) {
    List<Series> found = new ArrayList<>();
    for (Series series : values.keySet()) {
      boolean fits = series.name().equals(name);
      for (int i = 0; fits && i < labels.length; i += 2) {
        fits = labels[i + 1].equals(series.labels().get(labels[i]));
      }
      if (fits) {
        found.add(series);
      }
    }
    return found;
  }

  private void read(String line) {
    Matcher comment = COMMENT.matcher(line);
    Matcher sample = SAMPLE.matcher(line);
    if (comment.matches()) {
      readComment(comment.group(1), comment.group(2), comment.group(3));
    } else if (sample.matches()) {
      readSample(sample);
    } else {
      throw new IllegalArgumentException("neither comment nor sample: " + line);
    }
  }

  private void readComment(String kind, String name, String text) {
    if (kind.equals("HELP")) {
      require(helped.add(name), "a second HELP of " + name);
    } else {
      require(helped.contains(name) && TYPES.contains(text), "TYPE of " + name);
      require(types.put(name, text) == null, "a second TYPE of " + name);
      family = name;
    }
  }

  private void readSample(Matcher sample) {
    String name = sample.group(1);
    String current = family;
    boolean histogram = current != null && "histogram".equals(types.get(current));
    boolean summary = current != null && "summary".equals(types.get(current));
    require(
        name.equals(current)
            || ((histogram || summary) && name.matches(current + "_(count|sum)"))
            || (histogram && name.equals(current + "_bucket")),
        name + " outside of its family");
    Map<String, String> labels = labels(sample.group(2));
    require(
        values.put(new Series(name, labels), number(sample.group(3))) == null,
        "a second " + sample.group());
  }

  private static Map<String, String> labels(@Nullable String text) {
    Map<String, String> labels = new TreeMap<>();
    if (text != null) {
      Matcher label = LABEL.matcher(text);
      int end = 0;
      while (label.find()) {
        require(labels.put(label.group(1), unescaped(label.group(2))) == null, "twice: " + text);
        end = label.end();
      }
      require(end == text.length(), "labels: " + text);
    }
    return labels;
  }

  private void checkBuckets() {
    Map<Series, Double> last = new HashMap<>();
    values.forEach(
        (series, value) -> {
          if (series.name().endsWith("_bucket")) {
            var labels = new TreeMap<>(series.labels());
            labels.remove("le");
            var count = new Series(series.name().replaceFirst("_bucket$", "_count"), labels);
            require(last.getOrDefault(count, 0.0) <= value, "buckets shrink: " + series);
            last.put(count, value);
          }
        });
    last.forEach((count, value) -> require(value.equals(values.get(count)), "count: " + count));
  }

  private static double number(String text) {
    return Double.parseDouble(text.replace("Inf", "Infinity"));
  }

  private static String unescaped(String text) {
    return text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\");
  }

  private static void require(boolean kept, String complaint) {
    if (!kept) {
      throw new IllegalArgumentException(complaint);
    }
  }
}
