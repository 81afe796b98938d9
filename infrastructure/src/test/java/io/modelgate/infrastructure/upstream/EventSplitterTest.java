package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class EventSplitterTest {
  private static final int MAX_EVENT = 1024 * 1024;

  @Property
  void anySplitOfTheSameBytesGivesTheSameEvents(@ForAll("streams") String stream, @ForAll long seed)
      throws CallFailed {
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);

    assertThat(splitAtRandom(bytes, seed)).isEqualTo(splitEach(bytes, bytes.length));
    assertThat(splitEach(bytes, 1)).isEqualTo(splitEach(bytes, bytes.length));
  }

  @Property
  void noByteIsLostOrChanged(@ForAll("streams") String stream, @ForAll long seed)
      throws CallFailed {
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);

    assertThat(String.join("", splitAtRandom(bytes, seed))).isEqualTo(stream);
  }

  @Provide
  Arbitrary<String> streams() {
    return Arbitraries.of(
            "\r", "\n", "\r\n", "\n\n", "\r\n\r\n", "data: é€😀", "data:x", ":", " ", "a")
        .list()
        .ofMinSize(1)
        .ofMaxSize(30)
        .map(pieces -> String.join("", pieces));
  }

  @Test
  void cutsAfterEachBlankLine() throws CallFailed {
    assertThat(split("data: a\n\ndata: b\ndata: c\n\n: ping\n\nrest"))
        .containsExactly("data: a\n\n", "data: b\ndata: c\n\n", ": ping\n\n", "rest");
  }

  @Test
  void keepsBothBytesOfACrlfWithTheirEvent() throws CallFailed {
    assertThat(split("data: a\r\n\r\ndata: b\r\n\r\n"))
        .containsExactly("data: a\r\n\r\n", "data: b\r\n\r\n", "");
  }

  @Test
  void givesAnEventOutAsSoonAsItsBlankLineHasCome() throws CallFailed {
    var splitter = new EventSplitter(MAX_EVENT);
    for (String ending : List.of("\n\n", "\r\n\r\n", "\r\r")) {
      feed(splitter, "data: a" + ending);
      assertThat(next(splitter))
          .as("after %s", Arrays.toString(ending.getBytes(StandardCharsets.UTF_8)))
          .isEqualTo("data: a" + ending);
    }
  }

  @Test
  void refusesAnEventThatNeverEnds() {
    var splitter = new EventSplitter(MAX_EVENT);
    splitter.feed(new byte[MAX_EVENT + 1], 0, MAX_EVENT + 1);

    assertThatThrownBy(splitter::next).isInstanceOf(CallFailed.class);
  }

  private static List<String> split(String stream) throws CallFailed {
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    return splitEach(bytes, bytes.length);
  }

  private static List<String> splitEach(byte[] bytes, int size) throws CallFailed {
    var splitter = new EventSplitter(MAX_EVENT);
    List<String> events = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += size) {
      splitter.feed(bytes, at, Math.min(size, bytes.length - at));
      drain(splitter, events);
    }
    events.add(text(splitter, splitter.rest()));
    return events;
  }

  private static List<String> splitAtRandom(byte[] bytes, long seed) throws CallFailed {
    var random = new Random(seed);
    var splitter = new EventSplitter(MAX_EVENT);
    List<String> events = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      int size = 1 + random.nextInt(bytes.length - at);
      splitter.feed(bytes, at, size);
      drain(splitter, events);
      at += size;
    }
    events.add(text(splitter, splitter.rest()));
    return events;
  }

  private static void drain(EventSplitter splitter, List<String> events) throws CallFailed {
    for (Span at = splitter.next(); at != null; at = splitter.next()) {
      events.add(text(splitter, at));
    }
  }

  private static String next(EventSplitter splitter) throws CallFailed {
    Span at = splitter.next();
    return at == null ? "nothing" : text(splitter, at);
  }

  private static void feed(EventSplitter splitter, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    splitter.feed(bytes, 0, bytes.length);
  }

  private static String text(EventSplitter splitter, Span at) {
    return new String(splitter.bytes(), at.start(), at.length(), StandardCharsets.UTF_8);
  }
}
