package io.modelgate.infrastructure.redis;

import io.modelgate.domain.access.KeyId;
import java.time.Duration;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all nodes share, and whether it answers. Once it did not, nobody waits for it until {@link
 * #beat} has found it again. Thread-safe.
 */
final class SharedStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisLimits.class);
  private static final Script LEASE = Script.named("lease.lua");
  private static final Script HEARTBEAT = Script.named("heartbeat.lua");
  private static final String PREFIX = "modelgate:limits:";
  private static final String NODES = "modelgate:nodes";
  private static final Duration ALIVE = Duration.ofSeconds(5);

  /** While nobody else waits: finding it takes a connection, and a first one warm-up. */
  private static final Duration SEARCH = Duration.ofSeconds(2);

  private final RedisSettings settings;
  private final Duration timeout;
  private final RedisConnection connection;
  private final String node = UUID.randomUUID().toString();
  private volatile State state = State.UNKNOWN;
  private volatile int nodes = 1;

  private enum State {
    UNKNOWN,
    ANSWERING,
    GONE
  }

  SharedStore(RedisSettings settings, Duration timeout) {
    this.settings = settings;
    this.timeout = timeout;
    connection = new RedisConnection(settings, timeout);
  }

  boolean isAnswering() {
    return state == State.ANSWERING;
  }

  /** How many nodes were alive when it last answered, this one among them. */
  int nodes() {
    return nodes;
  }

  /** Puts a question; when there is no answer, {@link #isAnswering} is false from then on. */
  Answer ask(KeyId key, Question question, Duration patience)
      throws RedisGone, InterruptedException {
    try {
      return Answer.of(
          connection.run(
              LEASE,
              PREFIX + key.value(),
              patience,
              question.arguments(node, KeyLease.LIFE.toMillis())));
    } catch (RedisGone gone) {
      lost(gone);
      throw gone;
    }
  }

  /** Says that this node is alive and hears how many are; for one thread. */
  void beat() throws InterruptedException {
    try {
      connection.connect();
      nodes = Math.max(1, beat(ALIVE));
      found();
    } catch (RedisGone gone) {
      lost(gone);
    }
  }

  private int beat(Duration life) throws RedisGone, InterruptedException {
    return Math.toIntExact(
        connection
            .run(
                HEARTBEAT,
                NODES,
                isAnswering() ? timeout : SEARCH,
                node,
                Long.toString(life.toMillis()))
            .getFirst());
  }

  private synchronized void found() {
    if (state != State.ANSWERING) {
      LOG.info("Redis at {} answers: limits are shared by {} gateway(s)", settings.place(), nodes);
      state = State.ANSWERING;
    }
  }

  private synchronized void lost(RedisGone gone) {
    if (state != State.GONE) {
      LOG.warn(
          "Redis at {} does not answer ({}): {}",
          settings.place(),
          gone.getMessage(),
          switch (settings.onStoreFailure()) {
            case LOCAL -> "each of " + nodes + " gateway(s) enforces its share of the limits";
            case DENY -> "calls of keys with limits are refused";
          });
      state = State.GONE;
    }
  }

  /** Says good-bye, if anybody listens. */
  @Override
  public void close() {
    try {
      if (isAnswering()) {
        beat(Duration.ZERO);
      }
    } catch (RedisGone e) {
      LOG.debug("Redis did not hear that this gateway goes", e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      state = State.GONE;
      connection.close();
    }
  }
}
