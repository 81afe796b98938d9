package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A greedy key that always has 40 calls in line and a light one that makes a call now and then, on
 * 4 places and in time that is only counted: the same calls before {@link FairLine}, and first come
 * first served.
 */
class FairnessTest {
  private static final int PLACES = 4;
  private static final double SERVICE = 1.0;

  @Test
  void aLightKeyWaitsNoLongerThanOneCallTakesHoweverMuchAnotherAsksFor() {
    List<Double> fair = waitsOfTheLightKey(new Fair());
    List<Double> fifo = waitsOfTheLightKey(new Fifo());

    System.out.printf(
        "Wait of a light key beside a greedy one with 40 in line, 4 places, in service times: fair p50 %.2f p95 %.2f, first come first served p50 %.2f p95 %.2f%n",
        percentile(fair, 50), percentile(fair, 95), percentile(fifo, 50), percentile(fifo, 95));
    assertThat(percentile(fair, 95)).isLessThanOrEqualTo(SERVICE);
    assertThat(percentile(fifo, 50)).isGreaterThan(5 * SERVICE);
  }

  private interface Line {
    void add(String key, double since);

    @Nullable Turn next();

    void leave(String key);
  }

  private record Turn(String key, double since) {}

  private record End(double at, String key) {}

  private static List<Double> waitsOfTheLightKey(Line line) {
    var random = new Random(7);
    var ends = new PriorityQueue<End>((one, other) -> Double.compare(one.at, other.at));
    List<Double> waits = new ArrayList<>();
    double nextLight = 10;
    int free = PLACES;
    for (int i = 0; i < 40; i++) {
      line.add("greedy", 0);
    }
    double now = 0;
    while (waits.size() < 1000) {
      for (Turn turn = free > 0 ? line.next() : null;
          turn != null;
          turn = free > 0 ? line.next() : null) {
        free--;
        ends.add(new End(now + SERVICE * (0.5 + random.nextDouble()), turn.key));
        if (turn.key.equals("light")) {
          waits.add(now - turn.since);
        } else {
          line.add("greedy", now); // its next call comes at once
        }
      }
      if (ends.element().at < nextLight) {
        End end = ends.remove();
        now = end.at;
        free++;
        line.leave(end.key);
      } else {
        now = nextLight;
        line.add("light", now);
        nextLight = now + 3 + 4 * random.nextDouble();
      }
    }
    return waits;
  }

  private static double percentile(List<Double> values, int percent) {
    return values.stream().sorted().toList().get(values.size() * percent / 100);
  }

  private static final class Fair implements Line {
    private final FairLine<String, Turn> line = new FairLine<>();

    @Override
    public void add(String key, double since) {
      line.add(key, 1, new Turn(key, since));
    }

    @Override
    public @Nullable Turn next() {
      return line.next();
    }

    @Override
    public void leave(String key) {
      line.leave(key);
    }
  }

  private static final class Fifo implements Line {
    private final Deque<Turn> line = new ArrayDeque<>();

    @Override
    public void add(String key, double since) {
      line.add(new Turn(key, since));
    }

    @Override
    public @Nullable Turn next() {
      return line.poll();
    }

    @Override
    public void leave(String key) {}
  }
}
