package io.modelgate.bootstrap;

import io.modelgate.application.port.Limits;
import io.modelgate.bootstrap.ValueForm.HostAndPort;
import io.modelgate.infrastructure.memory.InMemoryLimits;
import io.modelgate.infrastructure.redis.RedisLimits;
import io.modelgate.infrastructure.redis.RedisSettings;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;

/**
 * The limiter that the settings ask for.
 *
 * @param storeAnswers whether what it counts in can be asked; always, in memory
 */
record RateLimiting(Limits port, BooleanSupplier storeAnswers, Runnable closing)
    implements AutoCloseable {
  /** Opens it; a Redis that is not there does not keep the gateway from starting. */
  static RateLimiting open(Settings settings, InstantSource clock) {
    var inMemory = new InMemoryLimits(clock);
    return switch (settings.limits().store()) {
      case MEMORY -> new RateLimiting(inMemory, () -> true, () -> {});
      case REDIS -> {
        RedisLimits redis = RedisLimits.open(redisSettings(settings), clock, inMemory);
        yield new RateLimiting(redis, redis::isStoreAnswering, redis::close);
      }
    };
  }

  private static RedisSettings redisSettings(Settings settings) {
    HostAndPort address = settings.redis().address();
    Secret password = settings.redis().password();
    return new RedisSettings(
        address.host().replaceAll("^\\[|]$", ""),
        address.port(),
        password == null ? null : password.text(),
        settings.redis().tls(),
        settings.limits().onStoreFailure());
  }

  @Override
  public void close() {
    closing.run();
  }
}
