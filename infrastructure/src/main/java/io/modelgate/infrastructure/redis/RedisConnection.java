package io.modelgate.infrastructure.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RFuture;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.client.RedisException;
import org.redisson.client.RedisNoScriptException;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;

/**
 * Runs scripts in Redis, through Redisson. Thread-safe. Nothing is started before {@link #connect},
 * which one thread at a time may call.
 */
final class RedisConnection implements AutoCloseable {
  private static final int CONNECT_MILLIS = 1_000;
  private static final Duration BETWEEN_RECONNECTS = Duration.ofMillis(500);

  private final RedisSettings settings;
  private final Duration timeout;
  private volatile @Nullable RedissonClient client;

  RedisConnection(RedisSettings settings, Duration timeout) {
    this.settings = settings;
    this.timeout = timeout;
  }

  /** Makes the client, unless there is one; it connects, and again, when it is needed. */
  void connect() {
    if (client == null) {
      client = Redisson.create(config());
    }
  }

  private Config config() {
    var config = new Config();
    config.setCodec(StringCodec.INSTANCE);
    config.setThreads(2);
    config.setNettyThreads(2);
    config.setLazyInitialization(true);
    if (settings.password() != null) {
      config.setPassword(settings.password());
    }
    config
        .useSingleServer()
        .setAddress((settings.tls() ? "rediss://" : "redis://") + settings.place())
        .setConnectionMinimumIdleSize(2)
        .setConnectionPoolSize(8)
        .setSubscriptionConnectionMinimumIdleSize(0)
        .setSubscriptionConnectionPoolSize(1)
        .setConnectTimeout(CONNECT_MILLIS)
        .setTimeout((int) timeout.toMillis())
        .setRetryAttempts(0)
        .setReconnectionDelay(new ConstantDelay(BETWEEN_RECONNECTS));
    return config;
  }

  /**
   * Runs a script, and loads it first if Redis does not have it, as after a restart.
   *
   * @param patience for all of it
   * @return what the script returns: whole numbers
   * @throws InterruptedException when this thread was told to stop; that says nothing of Redis
   */
  List<Long> run(Script script, String key, Duration patience, Object... arguments)
      throws RedisGone, InterruptedException {
    RedissonClient connected = client;
    if (connected == null) {
      throw new RedisGone("not connected yet");
    }
    long deadline = System.nanoTime() + patience.toNanos();
    RScript scripts = connected.getScript(StringCodec.INSTANCE);
    try {
      try {
        return await(call(scripts, script, key, arguments), deadline);
      } catch (RedisNoScriptException _) {
        await(scripts.scriptLoadAsync(script.text()), deadline);
        return await(call(scripts, script, key, arguments), deadline);
      }
    } catch (RedisException e) {
      throw new RedisGone(reason(e));
    }
  }

  private static RFuture<List<Long>> call(
      RScript scripts, Script script, String key, Object... arguments) {
    return scripts.evalShaAsync(
        RScript.Mode.READ_WRITE,
        script.hash(),
        RScript.ReturnType.LIST,
        List.<Object>of(key),
        arguments);
  }

  /** Waits no longer than this, whatever Redisson is busy with: connecting again, its queue. */
  private static <T> T await(RFuture<T> reply, long deadline)
      throws RedisGone, InterruptedException {
    try {
      return reply.toCompletableFuture().get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      if (reply.toCompletableFuture().state() == Future.State.SUCCESS) {
        return reply.toCompletableFuture().resultNow(); // in time, but this thread was not
      }
      reply.cancel(true);
      throw new RedisGone("no answer in time");
    } catch (InterruptedException e) {
      reply.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RedisException redis) {
        throw redis;
      }
      throw new RedisGone(reason(e));
    }
  }

  /**
   * What was at the bottom of it, without what Redisson adds about the command, which might be the
   * one with the password.
   */
  private static String reason(Throwable failure) {
    Throwable bottom = failure;
    for (int depth = 0; bottom.getCause() != null && depth < 20; depth++) {
      bottom = bottom.getCause();
    }
    String text = bottom.getMessage() == null ? bottom.toString() : bottom.getMessage();
    int end = Math.min(text.length(), 160);
    for (String tail : List.of("channel:", "command:", "Command:", "params:", "\n")) {
      int at = text.indexOf(tail);
      end = at < 0 ? end : Math.min(end, at);
    }
    return text.substring(0, end).replaceAll("[.\\s]+$", "");
  }

  @Override
  public void close() {
    RedissonClient connected = client;
    client = null;
    if (connected != null) {
      connected.shutdown(0, 2, TimeUnit.SECONDS);
    }
  }
}
