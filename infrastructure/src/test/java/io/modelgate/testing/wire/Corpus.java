package io.modelgate.testing.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Bytes that foreign parties sent or might send, one file each; what once broke a parser is added.
 * Immutable.
 */
public final class Corpus {
  private static final Path ROOT = Path.of("src/test/resources/corpus");

  private final List<byte[]> seeds;

  private Corpus(List<byte[]> seeds) {
    this.seeds = seeds;
  }

  /** The corpus of that name, from the module whose tests run. */
  public static Corpus of(String name) {
    try (Stream<Path> files = Files.list(ROOT.resolve(name))) {
      return new Corpus(files.sorted().map(Corpus::read).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As they are. */
  public List<byte[]> seeds() {
    return seeds;
  }

  /** One of them, changed in a few places; the same seed gives the same. */
  public byte[] mutated(long seed) {
    var random = new Random(seed);
    byte[] bytes = pick(random);
    for (int i = random.nextInt(6); i > 0; i--) {
      bytes = mutate(bytes, random);
    }
    return bytes;
  }

  private byte[] mutate(byte[] bytes, Random random) {
    int from = random.nextInt(bytes.length + 1);
    int to = Math.min(bytes.length, from + random.nextInt(20));
    return switch (random.nextInt(5)) {
      case 0 -> replace(bytes, from, to, new byte[0]);
      case 1 -> replace(bytes, from, from, Arrays.copyOfRange(bytes, from, to));
      case 2 -> replace(bytes, from, from, new byte[] {(byte) random.nextInt(256)});
      case 3 -> replace(bytes, from, Math.min(bytes.length, from + 1), new byte[] {odd(random)});
      default -> {
        byte[] other = pick(random);
        int start = random.nextInt(other.length + 1);
        yield replace(bytes, from, bytes.length, Arrays.copyOfRange(other, start, other.length));
      }
    };
  }

  private byte[] pick(Random random) {
    return seeds.get(random.nextInt(seeds.size()));
  }

  /** A byte that means something to one parser or another. */
  private static byte odd(Random random) {
    String meaningful = "\r\n\t \0:;,\"'\\{}[]-+.eE0159aAfF/u\u007f\u0080\u00c3\u00ff";
    return (byte) meaningful.charAt(random.nextInt(meaningful.length()));
  }

  private static byte[] replace(byte[] bytes, int from, int to, byte[] with) {
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, from);
    out.writeBytes(with);
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
