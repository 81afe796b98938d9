import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Lists what is shipped of others, with licences, and fails the build when something has none that
 * may be shipped. Run by Maven as {@code java ThirdParty.java FOLDER offline=true|false}: reads sbom.xml
 * (CycloneDX) in the folder and writes THIRD-PARTY.txt. Offline, Maven makes no SBOM; then one of an
 * earlier build is taken away, for it may not be true any more.
 */
final class ThirdParty {
  /** Of several licences one may be chosen. */
  private static final List<String> ALLOWED =
      List.of(
          "Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "EPL-1.0", "EPL-2.0", "CC0-1.0",
          "BSD-3-Clause-EDL");

  /** How licences without an SPDX identifier are called in POMs. */
  private static final Map<String, String> KNOWN_AS =
      Map.of(
          "EDL 1.0", "BSD-3-Clause-EDL",
          "Eclipse Distribution License - v 1.0", "BSD-3-Clause-EDL",
          "Public Domain, per Creative Commons CC0", "CC0-1.0",
          "The MIT License", "MIT");

  private static final List<String> MADE =
      List.of(
          "sbom.xml", "sbom.json", "THIRD-PARTY.txt", "modelgate/sbom.json", "modelgate/THIRD-PARTY.txt");

  record Component(String name, List<String> licences) {
    boolean mayBeShipped() {
      return licences.stream().anyMatch(ALLOWED::contains);
    }

    String line() {
      return name + "  " + String.join(" or ", licences);
    }
  }

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path sbom = folder.resolve("sbom.xml");
    Path list = folder.resolve("THIRD-PARTY.txt");
    if (arguments[1].equals("offline=true")) {
      for (String old : MADE) {
        Files.deleteIfExists(folder.resolve(old));
      }
      System.out.println("Maven is offline: components of others are neither listed nor judged");
      return;
    }
    List<Component> components = List.of();
    try {
      components = read(sbom);
    } catch (IOException | SAXException | ParserConfigurationException e) {
      fail("the list of components at " + sbom + " cannot be read: " + e.getMessage());
    }
    if (components.isEmpty()) {
      fail("the list of components at " + sbom + " is empty");
    }
    for (Component component : components) {
      if (!component.mayBeShipped()) {
        fail(component.name() + " has no licence that is allowed, but " + component.licences());
      }
    }
    var lines = new ArrayList<String>();
    lines.add("ModelGate is under the Apache License 2.0 (LICENSE). It ships these, in lib/:");
    lines.add("");
    components.stream().map(Component::line).sorted().forEach(lines::add);
    Files.write(list, lines);
    System.out.println(components.size() + " components of others, all under licences that are allowed");
  }

  private static List<Component> read(Path sbom)
      throws IOException, SAXException, ParserConfigurationException {
    var factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    Element bom = factory.newDocumentBuilder().parse(sbom.toFile()).getDocumentElement();
    return children(bom, "components")
        .flatMap(components -> children(components, "component"))
        .filter(component -> !text(component, "group").equals("io.modelgate"))
        .map(ThirdParty::component)
        .toList();
  }

  private static Component component(Element component) {
    String name =
        text(component, "group") + ":" + text(component, "name") + ":" + text(component, "version");
    List<String> licences =
        children(component, "licenses")
            .flatMap(
                all ->
                    Stream.concat(
                        children(all, "license")
                            .map(one -> text(one, "id") + text(one, "name")),
                        children(all, "expression").map(Element::getTextContent)))
            .map(licence -> KNOWN_AS.getOrDefault(licence, licence))
            .toList();
    return new Component(name, licences);
  }

  private static String text(Element parent, String name) {
    return children(parent, name).findFirst().map(Element::getTextContent).orElse("").strip();
  }

  private static Stream<Element> children(Element parent, String name) {
    NodeList nodes = parent.getChildNodes();
    return IntStream.range(0, nodes.getLength())
        .mapToObj(nodes::item)
        .filter(Element.class::isInstance)
        .map(Element.class::cast)
        .filter(element -> element.getTagName().equals(name));
  }

  private static void fail(String complaint) {
    System.err.println("third party: " + complaint);
    System.exit(1);
  }

  private ThirdParty() {}
}
