package io.modelgate.infrastructure.routing;

import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.Engine;
import io.modelgate.domain.routing.Health;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks each engine in use how it is, again and again: one that is well every so often, give or take
 * a fifth, one that is not after a fifth of that, then after twice as long each time, up to three
 * times as long as one that is well. Cloud services, which count requests, are asked six times as
 * seldom.
 */
final class HealthRounds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthRounds.class);
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(1);

  private final LiveTargets targets;
  private final Function<Destination, Checkup> question;
  private final Supplier<Duration> every;
  private final InstantSource clock;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<Engine, Schedule> schedules = new ConcurrentHashMap<>();

  /** When an engine is asked next. */
  private static final class Schedule {
    private volatile long nextAt = System.nanoTime();
    private volatile boolean asking;
    private int failures;
  }

  HealthRounds(
      LiveTargets targets,
      Function<Destination, Checkup> question,
      Supplier<Duration> every,
      InstantSource clock) {
    this.targets = targets;
    this.question = question;
    this.every = every;
    this.clock = clock;
  }

  void start() {
    Thread.ofVirtual().name("health-rounds").start(this::run);
  }

  private void run() {
    try {
      while (!closed.await(sleep().toMillis(), TimeUnit.MILLISECONDS)) {
        round();
      }
    } catch (InterruptedException _) {
      // Nobody interrupts this thread; close() ends it.
    }
  }

  private Duration sleep() {
    Duration tenth = every.get().dividedBy(10);
    return tenth.isPositive() && tenth.compareTo(LONGEST_SLEEP) < 0
        ? tenth.plusMillis(1)
        : LONGEST_SLEEP;
  }

  private void round() {
    try {
      Map<Engine, Destination> inUse = targets.enginesInUse();
      schedules.keySet().retainAll(inUse.keySet());
      targets.tidy(inUse.keySet());
      if (every.get().isPositive()) {
        inUse.forEach(this::askIfDue);
      }
    } catch (RuntimeException e) {
      LOG.error("a round of health checks failed", e);
    }
  }

  private void askIfDue(Engine engine, Destination destination) {
    Schedule schedule = schedules.computeIfAbsent(engine, _ -> new Schedule());
    if (!targets.engineOf(engine).isBuiltIn()
        && !schedule.asking
        && System.nanoTime() - schedule.nextAt >= 0) {
      schedule.asking = true;
      Thread.ofVirtual().name("health-check").start(() -> ask(engine, destination, schedule));
    }
  }

  private void ask(Engine engine, Destination destination, Schedule schedule) {
    try {
      Checkup checkup = question.apply(destination);
      boolean wasFit = targets.engineOf(engine).seen().checkup().health() == Health.READY;
      targets.engineOf(engine).see(checkup, clock.instant());
      if (checkup.health() == Health.READY && !wasFit) {
        targets.seemsWell(engine);
      }
      schedule.failures = checkup.health().isFit() ? 0 : schedule.failures + 1;
    } catch (RuntimeException e) {
      LOG.error("a health check failed", e);
    } finally {
      schedule.nextAt = System.nanoTime() + (long) (pause(engine, schedule.failures) * jitter());
      schedule.asking = false;
    }
  }

  private long pause(Engine engine, int failures) {
    long usual = every.get().toNanos() * (isCloud(engine) ? 6 : 1);
    return failures == 0 ? usual : Math.min(3 * usual, (usual / 5) << Math.min(failures - 1, 8));
  }

  private static double jitter() {
    return ThreadLocalRandom.current().nextDouble(0.8, 1.2);
  }

  private static boolean isCloud(Engine engine) {
    return switch (engine.kind()) {
      case OPENAI, API3 -> true;
      case OLLAMA, VLLM, LLAMACPP, ECHO -> false;
    };
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
