package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class LineSplitterProperties {
  @Property(tries = 300)
  void linesComeOutWholeHoweverTheBytesComeIn(
      @ForAll @Size(max = 20) List<String> given,
      @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 1, max = 40) Integer> sizes)
      throws CallFailed {
    List<String> lines = given.stream().map(line -> line.replace("\n", "é")).toList();
    byte[] all = (String.join("\n", lines) + "\nrest").getBytes(StandardCharsets.UTF_8);
    var splitter = new LineSplitter(1_000_000);
    List<String> found = new ArrayList<>();

    int at = 0;
    for (int turn = 0; at < all.length; turn++) {
      int size = Math.min(sizes.get(turn % sizes.size()), all.length - at);
      splitter.feed(Arrays.copyOfRange(all, at, at + size), size);
      at += size;
      for (Span line = splitter.next(); line != null; line = splitter.next()) {
        found.add(text(splitter, line));
      }
    }

    assertThat(found)
        .isEqualTo(
            (lines.isEmpty() ? List.of("") : lines)
                .stream().map(LineSplitterProperties::asSent).toList());
    assertThat(text(splitter, splitter.rest())).isEqualTo("rest");
  }

  /** Characters that UTF-8 cannot say come out as Java sends them. */
  private static String asSent(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static String text(LineSplitter splitter, Span at) {
    return new String(splitter.bytes(), at.start(), at.length(), StandardCharsets.UTF_8);
  }

  @Example
  void aLineMayNotBeTooLong() throws CallFailed {
    var splitter = new LineSplitter(8);
    splitter.feed(new byte[8], 8);
    assertThat(splitter.next()).isNull();
    splitter.feed(new byte[1], 1);

    assertThatThrownBy(splitter::next).isInstanceOf(CallFailed.class);
  }
}
