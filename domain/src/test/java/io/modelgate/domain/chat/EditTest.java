package io.modelgate.domain.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EditTest {
  private static final byte[] ORIGINAL = "0123456789".getBytes(UTF_8);

  @Test
  void leavesABodyWithoutEditsAlone() {
    assertThat(Edit.apply(ORIGINAL, List.of())).isSameAs(ORIGINAL);
  }

  @Test
  void replacesInsertsAndRemoves() {
    assertThat(applied(edit(2, 4, "ab"))).isEqualTo("01ab456789");
    assertThat(applied(edit(2, 2, "ab"))).isEqualTo("01ab23456789");
    assertThat(applied(edit(2, 4, ""))).isEqualTo("01456789");
    assertThat(applied(edit(0, 0, "<"), edit(10, 10, ">"))).isEqualTo("<0123456789>");
    assertThat(applied(edit(0, 10, ""))).isEmpty();
    assertThat(applied(edit(1, 3, "longer"), edit(3, 4, ""), edit(8, 9, "x")))
        .isEqualTo("0longer4567x9");
  }

  @Test
  void leavesTheOriginalAsItWas() {
    applied(edit(0, 10, "abcdefghij"));

    assertThat(ORIGINAL).asString(UTF_8).isEqualTo("0123456789");
  }

  @Test
  void refusesEditsThatOverlapOrLieOutside() {
    assertThatIllegalArgumentException().isThrownBy(() -> applied(edit(2, 5, ""), edit(4, 6, "")));
    assertThatIllegalArgumentException().isThrownBy(() -> applied(edit(5, 6, ""), edit(1, 2, "")));
    assertThatIllegalArgumentException().isThrownBy(() -> applied(edit(9, 11, "ab")));
    assertThatIllegalArgumentException().isThrownBy(() -> applied(edit(11, 11, "ab")));
  }

  @Test
  void hasSpansThatRunForward() {
    assertThat(new Span(2, 5).length()).isEqualTo(3);
    assertThatIllegalArgumentException().isThrownBy(() -> new Span(-1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new Span(3, 2));
  }

  @Property
  void doesWhatAStringBuilderDoes(
      @ForAll @Size(max = 6) List<@IntRange(max = 5) Integer> steps,
      @ForAll byte @Size(max = 40) [] original) {
    var edits = new ArrayList<Edit>();
    var expected = new StringBuilder(new String(original, ISO_8859_1));
    int at = 0;
    int shift = 0;
    for (int step : steps) {
      int start = Math.min(at + step, original.length);
      int end = Math.min(start + step / 2, original.length);
      String replacement = "r".repeat(step);
      edits.add(edit(start, end, replacement));
      expected.replace(start + shift, end + shift, replacement);
      shift += replacement.length() - (end - start);
      at = end;
    }

    byte[] edited = Edit.apply(original, edits);

    assertThat(edited).isEqualTo(expected.toString().getBytes(ISO_8859_1));
  }

  private static Edit edit(int start, int end, String replacement) {
    return new Edit(new Span(start, end), replacement.getBytes(UTF_8));
  }

  private static String applied(Edit... edits) {
    return new String(Edit.apply(ORIGINAL, List.of(edits)), UTF_8);
  }
}
