import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Copies the distribution's jars for the image, without what never runs there. Run as {@code java
 * Prune.java FROM TO}. Every jar stays, so that sbom.json stays true. Entries are stored as they are:
 * the image is compressed as a whole, which then comes out smaller, and classes load faster. The same
 * jars in give the same jars out, with the same time of change: an AOT cache looks at that.
 */
final class Prune {
  private static final LocalDateTime TIME = LocalDateTime.of(2026, 11, 1, 0, 0);

  /** What goes of which jar; a row that takes nothing away fails the build. */
  private record Cut(String jar, String entries, String why) {}

  private static final List<Cut> CUTS =
      List.of(
          new Cut("sqlite-jdbc-.*", "org/sqlite/native/.*", "the one that fits lies in lib/native"),
          new Cut("jtokkit-.*", ".*/[pr]50k_base\\.tiktoken", "tokenizers of models long gone"),
          new Cut(".*", "META-INF/native-image/.*", "for another compiler"),
          new Cut(".*", "META-INF/maven/.*", "POMs"));

  public static void main(String[] arguments) throws IOException {
    Path from = Path.of(arguments[0]);
    Path to = Files.createDirectories(Path.of(arguments[1]));
    List<Cut> unused = new ArrayList<>(CUTS);
    List<Path> jars;
    try (var files = Files.list(from)) {
      jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    }
    for (Path jar : jars) {
      copy(jar, to.resolve(jar.getFileName()), unused);
    }
    if (jars.isEmpty() || !unused.isEmpty()) {
      System.err.println("prune: of " + jars.size() + " jars these took nothing away: " + unused);
      System.exit(1);
    }
  }

  private static void copy(Path from, Path to, List<Cut> unused) throws IOException {
    String name = from.getFileName().toString().replaceFirst("\\.jar$", "");
    try (var in = new JarFile(from.toFile());
        OutputStream file = Files.newOutputStream(to);
        var out = new ZipOutputStream(file)) {
      out.setMethod(ZipOutputStream.STORED);
      for (Enumeration<JarEntry> entries = in.entries(); entries.hasMoreElements(); ) {
        JarEntry entry = entries.nextElement();
        List<Cut> cuts =
            CUTS.stream()
                .filter(cut -> name.matches(cut.jar()) && entry.getName().matches(cut.entries()))
                .toList();
        unused.removeAll(cuts);
        if (cuts.isEmpty()) {
          add(out, entry.getName(), in.getInputStream(entry).readAllBytes());
        }
      }
    }
    Files.setLastModifiedTime(to, FileTime.from(TIME.toInstant(ZoneOffset.UTC)));
  }

  private static void add(ZipOutputStream out, String name, byte[] content) throws IOException {
    var checksum = new CRC32();
    checksum.update(content);
    var entry = new ZipEntry(name);
    entry.setTimeLocal(TIME);
    entry.setSize(content.length);
    entry.setCrc(checksum.getValue());
    out.putNextEntry(entry);
    out.write(content);
  }

  private Prune() {}
}
