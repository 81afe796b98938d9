package io.modelgate.domain.routing;

import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which of several destinations a call goes to: of those that are fit the lowest priority, and
 * there, of two taken at random by weight, the one that is less busy for its weight. Pure but for
 * the randomness.
 *
 * @see <a href="https://doi.org/10.1109/71.963420">Mitzenmacher: The Power of Two Choices in
 *     Randomized Load Balancing, 2001</a>
 */
public final class TargetChoice {
  private TargetChoice() {}

  /**
   * One that would take the call.
   *
   * @param busy how many calls its engine has under way or waiting
   * @param hasRoom whether the call could begin at once
   */
  public record Candidate(Destination destination, Health health, int busy, boolean hasRoom) {
    private int weight() {
      return destination.target().weight();
    }

    private double busyByWeight() {
      return (busy + 1.0) / weight();
    }
  }

  /**
   * Chooses.
   *
   * @param candidates one or more
   * @param affinity calls of the same one go to the same place as long as that has room; null for
   *     none
   */
  public static Candidate choose(
      List<Candidate> candidates, @Nullable Long affinity, RandomGenerator random) {
    List<Candidate> best = firstOf(candidates);
    if (affinity != null) {
      Candidate home =
          best.stream()
              .max(Comparator.comparingDouble(candidate -> score(candidate, affinity)))
              .orElseThrow();
      if (home.hasRoom()) {
        return home;
      }
    }
    List<Candidate> withRoom = narrowed(best, Candidate::hasRoom);
    Candidate one = byWeight(withRoom, random);
    List<Candidate> others = withRoom.stream().filter(other -> !other.equals(one)).toList();
    if (others.isEmpty()) {
      return one;
    }
    Candidate other = byWeight(others, random);
    return other.busyByWeight() < one.busyByWeight() ? other : one;
  }

  /** Those that are fit, else all; of them the first priority, and there the first addresses. */
  private static List<Candidate> firstOf(List<Candidate> candidates) {
    List<Candidate> fit = narrowed(candidates, candidate -> candidate.health().isFit());
    int priority = fit.stream().mapToInt(TargetChoice::priority).min().orElseThrow();
    List<Candidate> first = narrowed(fit, candidate -> priority(candidate) == priority);
    int spare = first.stream().mapToInt(TargetChoice::spare).min().orElseThrow();
    return narrowed(first, candidate -> spare(candidate) == spare);
  }

  private static List<Candidate> narrowed(List<Candidate> all, Predicate<Candidate> wanted) {
    List<Candidate> some = all.stream().filter(wanted).toList();
    return some.isEmpty() ? all : some;
  }

  private static int priority(Candidate candidate) {
    return candidate.destination().target().priority();
  }

  private static int spare(Candidate candidate) {
    return candidate.destination().spare();
  }

  private static Candidate byWeight(List<Candidate> candidates, RandomGenerator random) {
    int left = random.nextInt(candidates.stream().mapToInt(Candidate::weight).sum());
    for (Candidate candidate : candidates) {
      left -= candidate.weight();
      if (left < 0) {
        return candidate;
      }
    }
    throw new IllegalStateException("weights are 1 or more");
  }

  /**
   * Rendezvous hashing by weight, so that a target that comes or goes moves its own calls only.
   *
   * @see <a href="https://doi.org/10.1109/90.663936">Thaler, Ravishankar: Using Name-Based Mappings
   *     to Increase Hit Rates, 1998</a>
   */
  private static double score(Candidate candidate, long affinity) {
    Engine engine = candidate.destination().engine();
    long place =
        31L * engine.kind().wireName().hashCode() + String.valueOf(engine.baseUrl()).hashCode();
    long mixed = mix(affinity ^ mix(place));
    double uniform = ((mixed >>> 11) + 0.5) * 0x1.0p-53;
    return -candidate.weight() / Math.log(uniform);
  }

  /** The finalizer of MurmurHash3: every bit of the outcome hangs on every bit. */
  private static long mix(long value) {
    long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
