import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Fails the build when too few lines are covered. JaCoCo's own check cannot read an aggregate
 * report. Run by Maven as {@code java CoverageGate.java REPORT.xml MINIMUM_PERCENT}.
 */
final class CoverageGate {
  /** The modules that hold code worth counting; each must be in the report. */
  private static final List<String> MODULES = List.of("domain", "application", "infrastructure");

  record Lines(long missed, long covered) {
    Lines plus(Lines other) {
      return new Lines(missed + other.missed, covered + other.covered);
    }

    double percent() {
      return 100.0 * covered / (missed + covered);
    }
  }

  record Module(String name, Lines lines) {}

  public static void main(String[] arguments) throws IOException {
    Path report = Path.of(arguments[0]);
    double minimum = Double.parseDouble(arguments[1]);
    if (!Files.isRegularFile(report)) {
      fail("there is no report at " + report);
    }
    try {
      judge(read(report), minimum);
    } catch (XMLStreamException | NumberFormatException e) {
      fail("the report at " + report + " cannot be read: " + e.getMessage());
    }
  }

  private static void judge(List<Module> modules, double minimum) {
    Lines all = new Lines(0, 0);
    List<String> parts = new ArrayList<>();
    for (String name : MODULES) {
      Lines lines = null;
      for (Module module : modules) {
        lines = module.name().equals("modelgate-" + name) ? module.lines() : lines;
      }
      if (lines == null || lines.missed() + lines.covered() == 0) {
        fail("the report has no lines of " + name);
      } else {
        all = all.plus(lines);
        parts.add(String.format(Locale.ROOT, "%s %.1f", name, lines.percent()));
      }
    }
    String verdict =
        String.format(
            Locale.ROOT,
            "line coverage %.1f %% (%s), at least %s %% wanted",
            all.percent(),
            String.join(", ", parts),
            minimum == Math.rint(minimum) ? Long.toString((long) minimum) : Double.toString(minimum));
    if (all.percent() < minimum) {
      fail(verdict);
    }
    System.out.println(verdict);
  }

  /** The line counters that stand directly under the report's groups, one group a module. */
  private static List<Module> read(Path report) throws IOException, XMLStreamException {
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false); // it names a file that is not there
    List<Module> modules = new ArrayList<>();
    try (var in = Files.newInputStream(report)) {
      XMLStreamReader xml = factory.createXMLStreamReader(in);
      String group = "";
      int depth = 0;
      while (xml.hasNext()) {
        switch (xml.next()) {
          case XMLStreamReader.START_ELEMENT -> {
            depth++;
            String element = xml.getLocalName();
            if (depth == 2 && element.equals("group")) {
              group = xml.getAttributeValue(null, "name");
            } else if (depth == 3
                && element.equals("counter")
                && "LINE".equals(xml.getAttributeValue(null, "type"))) {
              modules.add(
                  new Module(
                      group,
                      new Lines(
                          Long.parseLong(xml.getAttributeValue(null, "missed")),
                          Long.parseLong(xml.getAttributeValue(null, "covered")))));
            }
          }
          case XMLStreamReader.END_ELEMENT -> depth--;
          default -> {}
        }
      }
    }
    return modules;
  }

  private static void fail(String why) {
    System.err.println("coverage: " + why);
    System.exit(1);
  }
}
