package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FairLineTest {
  private final FairLine<String, Integer> line = new FairLine<>();

  @Test
  void servesOneWhoComesLateBeforeOneWhoHoldsEverything() {
    hold("greedy", 4);
    queue("greedy", 1, 1, 2, 3);
    queue("light", 1, 9);

    line.leave("greedy");

    assertThat(line.next()).isEqualTo(9);
    assertThat(line.next()).isEqualTo(1);
  }

  @Test
  void servesInTheOrderOfComingWithinAParty() {
    queue("a", 1, 1, 2, 3);

    assertThat(drain(3)).containsExactly(1, 2, 3);
    assertThat(line.next()).isNull();
    assertThat(line.waiting()).isZero();
  }

  @Test
  void sharesPlacesByWeight() {
    queue("free", 1, 1, 1, 1, 1, 1);
    queue("paid", 4, 4, 4, 4, 4, 4, 4, 4, 4);

    List<Integer> served = drain(10);

    assertThat(served.subList(0, 5)).containsOnlyOnce(1);
    assertThat(served.stream().filter(item -> item == 4)).hasSize(8);
  }

  @Test
  void sharesOnePlaceByWeightOverTime() {
    queue("free", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    queue("paid", 4, 4, 4, 4, 4, 4, 4, 4, 4);
    List<Integer> served = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int item = Objects.requireNonNull(line.next());
      served.add(item);
      line.leave(item == 1 ? "free" : "paid");
    }

    assertThat(served.stream().filter(item -> item == 4)).hasSize(8);
  }

  @Test
  void givesNobodyCreditForHavingBeenAway() {
    queue("busy", 1, 1, 1, 1);
    for (int i = 0; i < 3; i++) {
      line.next();
      line.leave("busy");
    }
    queue("busy", 1, 1, 1);
    queue("late", 1, 2, 2);

    List<Integer> served = drain(4);

    assertThat(served.subList(0, 2)).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void letsGoOfWhoDoesNotWantToWait() {
    queue("a", 1, 1, 2);

    assertThat(line.remove("a", 1)).isTrue();
    assertThat(line.remove("a", 1)).isFalse();
    assertThat(line.remove("b", 1)).isFalse();

    assertThat(line.waiting()).isEqualTo(1);
    assertThat(line.next()).isEqualTo(2);
  }

  @Test
  void refusesToTakeBackWhatNobodyHas() {
    queue("a", 1, 1);

    assertThatIllegalStateException().isThrownBy(() -> line.leave("a"));
    assertThatIllegalStateException().isThrownBy(() -> line.leave("b"));
  }

  /** Whoever asks: with equal weights and everybody waiting, places differ by one at most. */
  @Property(tries = 200)
  void dividesPlacesEvenlyAmongThoseWhoWait(
      @ForAll @IntRange(min = 1, max = 16) int places,
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 16, max = 40) Integer> demands) {
    var fair = new FairLine<Integer, Integer>();
    for (int party = 0; party < demands.size(); party++) {
      for (int i = 0; i < demands.get(party); i++) {
        fair.add(party, 1, party);
      }
    }
    int[] held = new int[demands.size()];
    for (int i = 0; i < places; i++) {
      held[Objects.requireNonNull(fair.next())]++;
    }

    for (int one : held) {
      assertThat(one).isBetween(places / held.length, Math.ceilDiv(places, held.length));
    }
  }

  private void hold(String party, int places) {
    for (int i = 0; i < places; i++) {
      line.enter(party, 1);
    }
  }

  private void queue(String party, double weight, int... items) {
    for (int item : items) {
      line.add(party, weight, item);
    }
  }

  private List<Integer> drain(int many) {
    List<Integer> items = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      items.add(Objects.requireNonNull(line.next()));
    }
    return items;
  }
}
