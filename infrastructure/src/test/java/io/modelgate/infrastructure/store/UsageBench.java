package io.modelgate.infrastructure.store;

import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.infrastructure.store.StoreSettings.UsagePolicy;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How many calls a second can be charged and recorded, and how long each waits until that is
 * durable. Callers are virtual threads that do nothing else. Arguments, all optional: seconds for
 * each row of the table, {@code normal} or {@code full}, and a directory on the disk to be
 * measured.
 */
final class UsageBench {
  private static final List<Integer> CALLERS = List.of(1, 16, 64, 256, 512);
  private static final int KEYS = 64;
  private static final int MODELS = 3;
  private static final TokenQuota QUOTA =
      TokenQuota.of(1_000_000_000_000_000L).withPeriod(QuotaPeriod.MONTH);

  private final Quotas quotas;
  private final InstantSource clock;

  private UsageBench(Quotas quotas, InstantSource clock) {
    this.quotas = quotas;
    this.clock = clock;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Duration time = Duration.ofSeconds(arguments.length > 0 ? Long.parseLong(arguments[0]) : 5);
    Durability durability =
        arguments.length > 1
            ? Durability.valueOf(arguments[1].toUpperCase(Locale.ROOT))
            : Durability.NORMAL;
    Path parent = arguments.length > 2 ? Path.of(arguments[2]) : Path.of("target");
    Path directory = Files.createTempDirectory(Files.createDirectories(parent), "usage-bench");
    InstantSource clock = InstantSource.system();
    var settings =
        new StoreSettings(
            directory.resolve("modelgate.db"),
            null,
            durability,
            ZoneOffset.UTC,
            () -> UsagePolicy.DEFAULT,
            clock);
    try (SqlStore store = SqlStore.open(settings)) {
      new UsageBench(store.quotas(), clock).print(System.out, time, durability);
    } finally {
      delete(directory);
    }
  }

  private void print(PrintStream out, Duration time, Durability durability)
      throws InterruptedException {
    measure(64, time);
    out.printf(
        "%d keys, %d models, synchronous %s, %d processors%n",
        KEYS, MODELS, durability, Runtime.getRuntime().availableProcessors());
    out.printf(
        "%8s %12s %14s %14s %14s%n",
        "callers", "records/s", "p50 to durable", "p99 to durable", "CPU per record");
    for (int callers : CALLERS) {
      Duration cpu = cpu();
      long[] nanos = measure(callers, time);
      cpu = cpu().minus(cpu);
      Arrays.sort(nanos);
      out.printf(
          Locale.ROOT,
          "%8d %12d %11.2f ms %11.2f ms %11.1f us%n",
          callers,
          Math.round(nanos.length / (time.toNanos() / 1e9)),
          nanos[nanos.length / 2] / 1e6,
          nanos[(int) (nanos.length * 0.99)] / 1e6,
          cpu.toNanos() / 1e3 / nanos.length);
    }
  }

  /** Of this whole process so far: what can be compared on a machine that others use too. */
  private static Duration cpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** The time of each call. */
  private long[] measure(int callers, Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    long[][] nanos = new long[callers][];
    List<Thread> threads =
        IntStream.range(0, callers)
            .mapToObj(
                number -> Thread.ofVirtual().start(() -> nanos[number] = callUntil(end, number)))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    return Stream.of(nanos).flatMapToLong(Arrays::stream).toArray();
  }

  private long[] callUntil(long end, int number) {
    long[] nanos = new long[1_024];
    int count = 0;
    for (long began = System.nanoTime(); began < end; count++) {
      call(number, count);
      long ended = System.nanoTime();
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count] = ended - began;
      began = ended;
    }
    return Arrays.copyOf(nanos, count);
  }

  private void call(int number, int count) {
    KeyId key = new KeyId("key_9f2c5b1ad7e84f0c8a%02d".formatted((number + count) % KEYS));
    Instant now = clock.instant();
    var demand = new TokenDemand(200, 1, 1_000);
    if (quotas.reserve(key, QUOTA, demand, now) instanceof Quotas.Verdict.Reserved reserved) {
      Quotas.Settlement settled = reserved.reservation().settle(record(key, now, number, count));
      if (settled != Quotas.Settlement.DURABLE) {
        throw new IllegalStateException("the store does not keep up");
      }
    } else {
      throw new IllegalStateException("the quota is used up");
    }
  }

  private static UsageRecord record(KeyId key, Instant now, int number, int count) {
    return new UsageRecord(
        now,
        "req_0198c0ffee%05d%09d".formatted(number, count),
        key,
        "model-" + count % MODELS,
        "organisation/model-%d:7b-instruct".formatted(count % MODELS),
        BackendKind.VLLM,
        Endpoint.CHAT_COMPLETIONS,
        new TokenUsage(200, 300, 100, 50).by(UsageSource.UPSTREAM),
        Ending.COMPLETED,
        200,
        true,
        Duration.ofMillis(120),
        Duration.ofMillis(2_400));
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
