package io.modelgate.infrastructure.redis;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.modelgate.application.port.Limits;
import io.modelgate.infrastructure.memory.InMemoryLimits;
import io.modelgate.infrastructure.redis.RedisSettings.OnStoreFailure;
import io.modelgate.testing.LimitsContract;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.slf4j.LoggerFactory;

class RedisLimitsContractTest extends LimitsContract {
  /** Moves every bucket back in time, since the clock of a Redis cannot be set. */
  private static final String AGE =
      "for _, key in ipairs(redis.call('KEYS', 'modelgate:limits:*')) do"
          + " redis.call('HINCRBY', key, 'at', -ARGV[1]) end return 1";

  private static RedisServerProcess redis;

  private final SettableClock clock = new SettableClock(Samples.NOON);
  private RedisLimits limits;

  @BeforeAll
  static void start() {
    ((Logger) LoggerFactory.getLogger("org.redisson")).setLevel(Level.WARN);
    ((Logger) LoggerFactory.getLogger("io.netty")).setLevel(Level.WARN);
    redis = RedisServerProcess.started();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @BeforeEach
  void open() {
    redis.flush();
    limits =
        RedisLimits.open(
            new RedisSettings("127.0.0.1", redis.port(), null, false, OnStoreFailure.DENY),
            clock,
            new InMemoryLimits(clock));
  }

  @AfterEach
  void close() {
    limits.close();
  }

  @Override
  protected Limits limits() {
    return limits;
  }

  @Override
  protected void pass(Duration time) {
    clock.advance(time);
    redis.command("EVAL", AGE, "0", Long.toString(time.toMillis()));
  }
}
