package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.routing.TargetChoice.Candidate;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TargetChoiceTest {
  private final Random random = new Random(1);

  @Test
  void prefersTheLowestPriorityThatIsFit() {
    Candidate first = at("a", 1, 0).in(Health.READY);
    Candidate second = at("b", 1, 1).in(Health.READY);

    assertThat(chosen(null, second, first)).isEqualTo("a");
    assertThat(chosen(null, second, at("a", 1, 0).in(Health.LOADING))).isEqualTo("b");
    assertThat(chosen(null, second, at("a", 1, 0).in(Health.DOWN))).isEqualTo("b");
    assertThat(chosen(null, second, at("a", 1, 0).in(Health.UNKNOWN))).isEqualTo("a");
  }

  @Test
  void takesOneThatIsNotWellWhenThereIsNoOther() {
    assertThat(chosen(null, at("a", 1, 1).in(Health.DOWN), at("b", 1, 0).in(Health.LOADING)))
        .isEqualTo("b");
  }

  @Test
  void takesASpareAddressOnlyWhenTheFirstIsNotWell() {
    Candidate spare = at("b", 1, 0).asSpare().in(Health.READY);

    assertThat(chosen(null, spare, at("a", 1, 0).in(Health.READY))).isEqualTo("a");
    assertThat(chosen(null, spare, at("a", 1, 0).in(Health.DOWN))).isEqualTo("b");
  }

  @Test
  void takesTheOneThatIsLessBusyForItsWeight() {
    assertThat(chosen(null, at("a", 1, 0).busy(3), at("b", 1, 0).busy(1))).isEqualTo("b");
    assertThat(chosen(null, at("a", 10, 0).busy(3), at("b", 1, 0).busy(1))).isEqualTo("a");
  }

  @Test
  void takesOneWithRoomBeforeOneWithout() {
    assertThat(chosen(null, at("a", 1, 0).busy(1).full(), at("b", 1, 0).busy(90))).isEqualTo("b");
  }

  @Test
  void spreadsCallsByWeightWhereAllAreIdle() {
    Map<String, Integer> counts = new HashMap<>();
    int[] busy = new int[2];
    for (int i = 0; i < 4000; i++) {
      String to = chosen(null, at("a", 3, 0).busy(busy[0]), at("b", 1, 0).busy(busy[1]));
      busy[to.equals("a") ? 0 : 1]++;
      counts.merge(to, 1, Integer::sum);
    }

    assertThat(counts.get("a")).isBetween(2800, 3200);
  }

  @Test
  void keepsCallsThatBelongTogetherTogether() {
    List<At> all = List.of(at("a", 1, 0), at("b", 1, 0), at("c", 1, 0));
    List<At> fewer = List.of(at("a", 1, 0), at("c", 1, 0));

    List<String> before = homes(all);

    assertThat(homes(all)).isEqualTo(before);
    assertThat(before).contains("a", "b", "c");
    List<String> after = homes(fewer);
    for (int i = 0; i < before.size(); i++) {
      if (!before.get(i).equals("b")) {
        assertThat(after.get(i)).isEqualTo(before.get(i)); // only those of b had to move
      }
    }
  }

  @Test
  void givesUpTogethernessWhereThereIsNoRoom() {
    assertThat(
            LongStream.range(0, 50)
                .mapToObj(call -> chosen(call, at("a", 1, 0).full(), at("b", 1, 0))))
        .containsOnly("b");
  }

  private List<String> homes(List<At> candidates) {
    return LongStream.range(0, 300)
        .mapToObj(call -> chosen(call, candidates.toArray(At[]::new)))
        .toList();
  }

  private String chosen(@Nullable Long affinity, Candidate... candidates) {
    return host(TargetChoice.choose(Arrays.asList(candidates), affinity, random));
  }

  private String chosen(@Nullable Long affinity, At... candidates) {
    return chosen(
        affinity,
        Arrays.stream(candidates).map(one -> one.in(Health.READY)).toArray(Candidate[]::new));
  }

  private static String host(Candidate candidate) {
    return String.valueOf(candidate.destination().target().baseUrl()).substring(7);
  }

  private static At at(String host, int weight, int priority) {
    return new At(host, weight, priority, 0, 0, true);
  }

  private record At(String host, int weight, int priority, int spare, int busy, boolean room) {
    At busy(int calls) {
      return new At(host, weight, priority, spare, calls, room);
    }

    At full() {
      return new At(host, weight, priority, spare, busy, false);
    }

    At asSpare() {
      return new At(host, weight, priority, 1, busy, room);
    }

    Candidate in(Health health) {
      var target =
          new Target(BackendKind.VLLM, BaseUrl.of("http://" + host), null, null, weight, priority);
      var route =
          new ModelRoute(
              new ModelId("mdl_1"),
              new ModelName("fast"),
              List.of(target),
              List.of(),
              null,
              null,
              null,
              true,
              Instant.EPOCH,
              Instant.EPOCH);
      return new Candidate(
          new Destination(route.name(), route, target, "1", spare), health, busy, room);
    }
  }
}
