package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.testing.wire.Corpus;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Whatever a backend says in place of events: understood or refused, the same however it is cut,
 * and what is passed on is in its bytes.
 */
class EventStreamFuzzTest {
  private static final Corpus CORPUS = Corpus.of("event-streams");
  private static final int MAX_EVENT = 64 * 1024;

  @Test
  void everyStreamOfTheCorpusIsUnderstoodOrRefused() {
    CORPUS.seeds().forEach(EventStreamFuzzTest::check);
  }

  @Property(tries = 5_000)
  void everyMutantOfTheCorpusIsUnderstoodOrRefused(@ForAll long seed) {
    check(CORPUS.mutated(seed));
  }

  private static void check(byte[] stream) {
    var whole = read(stream, stream.length);
    assertThat(read(stream, 1)).isEqualTo(whole);
    assertThat(read(stream, 1 + new Random(stream.length).nextInt(40))).isEqualTo(whole);
  }

  /** One line for each event, and what ended it; no exception but {@link CallFailed} comes out. */
  private static List<String> read(byte[] stream, int size) {
    var splitter = new EventSplitter(MAX_EVENT);
    var seen = new ArrayList<String>();
    var bytes = new ByteArrayOutputStream();
    try {
      for (int at = 0; at < stream.length; at += size) {
        splitter.feed(stream, at, Math.min(size, stream.length - at));
        for (Span event = splitter.next(); event != null; event = splitter.next()) {
          bytes.write(splitter.bytes(), event.start(), event.length());
          seen.add(understood(splitter.bytes(), event));
        }
      }
      Span rest = splitter.rest();
      bytes.write(splitter.bytes(), rest.start(), rest.length());
      assertThat(bytes.toByteArray()).isEqualTo(stream);
    } catch (CallFailed e) {
      seen.add(String.valueOf(e.getMessage()));
    }
    return seen;
  }

  private static String understood(byte[] bytes, Span at) {
    var event = SseEvent.of(bytes, at);
    if (event.isDone() || event.isBlank() || event.saysError()) {
      return event.isDone() + " " + event.isBlank() + " " + event.saysError();
    }
    try {
      ReplyPeek peek = ReplyPeek.of(event.data(), event.at());
      for (Span model : peek.models()) {
        Span inEvent = event.inEvent(model);
        assertThat(inEvent.start()).isBetween(at.start(), at.end());
        assertThat(bytes[inEvent.start()]).isEqualTo((byte) '"');
      }
      return peek.choices() + " " + peek.usage() + " " + peek.usageOnly() + " " + peek.isError();
    } catch (CallFailed e) {
      return "refused"; // its message tells the place, which depends on the cut
    }
  }
}
