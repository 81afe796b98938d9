package io.modelgate.infrastructure.redis;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Limits.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.infrastructure.memory.InMemoryLimits;
import io.modelgate.infrastructure.redis.RedisSettings.OnStoreFailure;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * How many calls a second one process gets through over a real redis-server on the same machine: 64
 * virtual threads that do nothing else. Argument, optional: seconds for each row of the table.
 */
final class RedisLimitsBench {
  private static final int THREADS = 64;

  private RedisLimitsBench() {}

  public static void main(String[] arguments) throws InterruptedException {
    double seconds = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 3;
    ((Logger) LoggerFactory.getLogger("org.redisson")).setLevel(Level.WARN);
    ((Logger) LoggerFactory.getLogger("io.netty")).setLevel(Level.WARN);
    var plenty =
        new RateLimits(RateLimits.MAX_RPM, null, RateLimits.MAX_TPM, RateLimits.MAX_CONCURRENT);
    var few = new RateLimits(60L, null, null, null);
    PrintStream out = System.out;
    try (var redis = RedisServerProcess.started()) {
      row(null, "warm-up", redis, plenty, 100, seconds);
      out.println("over Redis                     keys   calls/s  admitted  scripts/s");
      row(out, "plenty left", redis, plenty, 1, seconds);
      row(out, "plenty left", redis, plenty, 1_000, seconds);
      row(out, "60 a minute, mostly refused", redis, few, 1_000, seconds);
    }
  }

  private static void row(
      @Nullable PrintStream out,
      String what,
      RedisServerProcess redis,
      RateLimits limits,
      int keys,
      double seconds)
      throws InterruptedException {
    redis.flush();
    InstantSource clock = InstantSource.system();
    var settings = new RedisSettings("127.0.0.1", redis.port(), null, false, OnStoreFailure.LOCAL);
    var admitted = new LongAdder();
    var calls = new LongAdder();
    try (var shared = RedisLimits.open(settings, clock, new InMemoryLimits(clock))) {
      redis.command("CONFIG", "RESETSTAT");
      long began = System.nanoTime();
      long end = began + (long) (seconds * 1e9);
      var threads =
          IntStream.range(0, THREADS)
              .mapToObj(
                  thread ->
                      Thread.ofVirtual()
                          .start(() -> run(shared, limits, keys, thread, end, calls, admitted)))
              .toList();
      for (Thread thread : threads) {
        thread.join();
      }
      double took = (System.nanoTime() - began) / 1e9;
      if (out != null) {
        out.printf(
            Locale.ROOT,
            "%-28s %6d %9.0f %8.0f%% %10.0f%s%n",
            what,
            keys,
            calls.sum() / took,
            100.0 * admitted.sum() / calls.sum(),
            scripts(redis) / took,
            shared.isStoreAnswering() ? "" : "  (Redis lost meanwhile)");
      }
    }
  }

  /** As Redis itself has counted. */
  private static double scripts(RedisServerProcess redis) {
    String count =
        "local info = redis.call('INFO', 'commandstats')"
            + " return string.match(info, 'cmdstat_evalsha:calls=(%d+)') or '0'";
    return Double.parseDouble(redis.command("EVAL", count, "0"));
  }

  private static void run(
      Limits shared,
      RateLimits limits,
      int keys,
      int thread,
      long end,
      LongAdder calls,
      LongAdder admitted) {
    for (long call = thread * 37L; System.nanoTime() < end; call++) {
      var key = new KeyId("key_" + call % keys);
      if (shared.admit(key, limits, 100) instanceof Verdict.Admitted in) {
        admitted.increment();
        in.pass().settle(50);
      }
      calls.increment();
    }
  }
}
