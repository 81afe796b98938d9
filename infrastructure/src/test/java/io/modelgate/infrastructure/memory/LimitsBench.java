package io.modelgate.infrastructure.memory;

import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Limits.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.RateLimits;
import java.io.PrintStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How long a decision takes in memory, at one and two threads that do nothing else. Argument,
 * optional: seconds for each row of the table.
 */
final class LimitsBench {
  private static final RateLimits PLENTY =
      new RateLimits(RateLimits.MAX_RPM, null, RateLimits.MAX_TPM, RateLimits.MAX_CONCURRENT);
  private static final RateLimits USED_UP = new RateLimits(1L, 1L, null, null);

  /** A thousand times too fast, so that no loop uses the limits up. */
  private static final InstantSource HURRIED =
      () -> Instant.ofEpochMilli(System.nanoTime() / 1_000);

  private LimitsBench() {}

  public static void main(String[] arguments) throws InterruptedException {
    double seconds = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 2;
    PrintStream out = System.out;
    out.println("in memory                      keys  threads   ns a call");
    for (int warmUp = 0; warmUp < 2; warmUp++) {
      nanos(1, 1, PLENTY, seconds / 2);
      nanos(2, 1_000, USED_UP, seconds / 2);
    }
    for (int keys : new int[] {1, 1_000}) {
      for (int threads : new int[] {1, 2}) {
        print(out, "admitted, then settled", keys, threads, nanos(threads, keys, PLENTY, seconds));
      }
    }
    for (int keys : new int[] {1, 1_000}) {
      for (int threads : new int[] {1, 2}) {
        print(out, "refused", keys, threads, nanos(threads, keys, USED_UP, seconds));
      }
    }
  }

  private static void print(PrintStream out, String what, int keys, int threads, double nanos) {
    out.printf(Locale.ROOT, "%-28s %6d %8d %11.0f%n", what, keys, threads, nanos);
  }

  /** Time of one thread for one call. */
  private static double nanos(int threads, int keys, RateLimits limits, double seconds)
      throws InterruptedException {
    InstantSource clock = limits.equals(PLENTY) ? HURRIED : InstantSource.system();
    var memory = new InMemoryLimits(clock);
    long[] calls = new long[threads];
    long began = System.nanoTime();
    long end = began + (long) (seconds * 1e9);
    var running =
        IntStream.range(0, threads)
            .mapToObj(
                thread ->
                    Thread.ofPlatform()
                        .start(() -> calls[thread] = run(memory, limits, keys, thread, end)))
            .toList();
    for (Thread thread : running) {
      thread.join();
    }
    long all = 0;
    for (long some : calls) {
      all += some;
    }
    return (double) (System.nanoTime() - began) * threads / all;
  }

  private static long run(Limits memory, RateLimits limits, int keys, int thread, long end) {
    KeyId[] ids =
        IntStream.range(0, keys).mapToObj(key -> new KeyId("key_" + key)).toArray(KeyId[]::new);
    long calls = 0;
    while (System.nanoTime() < end) {
      for (int some = 0; some < 1_000; some++) {
        KeyId key = ids[(int) ((calls + thread * 37L) % keys)];
        if (memory.admit(key, limits, 100) instanceof Verdict.Admitted in) {
          in.pass().settle(50);
        }
        calls++;
      }
    }
    return calls;
  }
}
