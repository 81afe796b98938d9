package io.modelgate.infrastructure.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.testing.wire.Corpus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Whatever a backend says in place of a reply: read or refused, and the same however it is cut. */
class HttpReplyFuzzTest {
  private static final Corpus CORPUS = Corpus.of("http-replies");

  @Test
  void everyReplyOfTheCorpusIsReadOrRefused() {
    CORPUS.seeds().forEach(HttpReplyFuzzTest::check);
  }

  @Property(tries = 5_000)
  void everyMutantOfTheCorpusIsReadOrRefused(@ForAll long seed) {
    check(CORPUS.mutated(seed));
  }

  private static void check(byte[] reply) {
    String whole = read(reply, (_, _, length) -> length);
    for (long seed = 0; seed < 4; seed++) {
      var random = new Random(seed);
      assertThat(read(reply, (_, _, length) -> 1 + random.nextInt(length))).isEqualTo(whole);
    }
    assertThat(read(reply, (_, _, _) -> 1)).isEqualTo(whole);
  }

  /** How much a socket gives at a time. */
  private interface Cutting {
    int most(byte[] into, int offset, int length);
  }

  /** What came of it, in words; no exception but {@link IOException} may come out. */
  private static String read(byte[] reply, Cutting cutting) {
    var in = new ByteArrayInputStream(reply);
    var wire =
        new WireBuffer(
            (into, offset, length) -> in.read(into, offset, cutting.most(into, offset, length)));
    var body = new ByteArrayOutputStream();
    try {
      HttpHead head = HttpHeadReader.read(wire);
      BodyFraming framing = head.framing();
      byte[] buffer = new byte[64];
      while (!framing.ended()) {
        int taken = framing.take(wire, buffer, 0, buffer.length);
        body.write(buffer, 0, taken);
        if (taken == 0 && !framing.ended() && !wire.fill()) {
          return head.status()
              + (framing.endsWithConnection() ? " to the end " : " cut ")
              + text(body);
        }
      }
      return head + " " + text(body);
    } catch (IOException e) {
      return e.toString(); // how much came before depends on the cut
    }
  }

  private static String text(ByteArrayOutputStream body) {
    return Arrays.toString(body.toByteArray());
  }
}
