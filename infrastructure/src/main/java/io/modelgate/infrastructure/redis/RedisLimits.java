package io.modelgate.infrastructure.redis;

import io.modelgate.application.port.Limits;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.RateLimits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts in Redis, together with every other gateway that does. Most calls begin from what this
 * node has leased there and wait for nobody; the others put one question, all limits at once.
 *
 * <p>All nodes together keep to the limits as one would: what is leased counts as used until it is
 * given back, so in any window of W seconds at most {@code burst + rpm · W / 60} requests are let
 * through. A node that dies, or does not reach Redis for 5 seconds, may add what it had used and
 * not told: at most its lease, a 16th of what was left then and never more than 63 requests; and
 * its running calls do not count from then on. What a node holds without using it is free for the
 * others within about a second, and at once when less than half of the limit is left.
 *
 * <p>While Redis does not answer, nobody waits for it, and what happens is a setting: each node
 * enforces its share of the limits by itself, or no call with limits is let through.
 */
public final class RedisLimits implements Limits, AutoCloseable {
  private final RedisSettings settings;
  private final InstantSource clock;
  private final Limits alone;
  private final Duration timeout;
  private final SharedStore store;
  private final Upkeep upkeep;
  private final ConcurrentHashMap<KeyId, KeyLease> leases = new ConcurrentHashMap<>();

  private RedisLimits(RedisSettings settings, InstantSource clock, Limits alone, Duration timeout) {
    this.settings = settings;
    this.clock = clock;
    this.alone = alone;
    this.timeout = timeout;
    store = new SharedStore(settings, timeout);
    upkeep = new Upkeep(this::step, this::giveBack);
  }

  /**
   * Connects and starts the upkeep. Waits for Redis a few seconds at most; when it does not answer,
   * begins without it and finds it later.
   *
   * @param alone enforces this node's share while Redis does not answer
   */
  public static RedisLimits open(RedisSettings settings, InstantSource clock, Limits alone) {
    return open(settings, clock, alone, RedisSettings.TIMEOUT);
  }

  /**
   * The same with another patience, for tests that count to the last call on a busy machine.
   *
   * @param timeout for a call's turn and question together
   */
  static RedisLimits open(
      RedisSettings settings, InstantSource clock, Limits alone, Duration timeout) {
    var limits = new RedisLimits(settings, clock, alone, timeout);
    try {
      limits.step();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    limits.upkeep.start();
    return limits;
  }

  /** Whether limits are shared at present. */
  public boolean isStoreAnswering() {
    return store.isAnswering();
  }

  /** How many gateways share them, this one among them, as last heard. */
  public int nodes() {
    return store.nodes();
  }

  @Override
  public Verdict admit(KeyId key, RateLimits limits, long tokens) {
    if (!store.isAnswering() && !limits.areUnlimited()) {
      return withoutStore(key, limits, tokens);
    }
    KeyLease lease = enter(key);
    try {
      Verdict here = lease.decideHere(limits, tokens);
      return here == null ? inTurn(lease, limits, tokens) : here;
    } catch (RedisGone _) {
      return withoutStore(key, limits, tokens);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return withoutStore(key, limits, tokens);
    } finally {
      lease.leave();
    }
  }

  private KeyLease enter(KeyId key) {
    while (true) {
      KeyLease known = leases.get(key);
      KeyLease lease =
          known == null
              ? leases.computeIfAbsent(key, _ -> new KeyLease(key, clock, this::scarce))
              : known;
      if (lease.enter()) {
        return lease;
      }
      leases.remove(key, lease);
    }
  }

  /**
   * Calls of one key ask one after another: most find then that they need not ask any more. Half of
   * the time is for one's turn, the question gets the rest.
   */
  private Verdict inTurn(KeyLease lease, RateLimits limits, long tokens)
      throws RedisGone, InterruptedException {
    long began = System.nanoTime();
    if (!lease.turn().tryLock(timeout.toNanos() / 2, TimeUnit.NANOSECONDS)) {
      throw new RedisGone("too many wait for it");
    }
    try {
      if (!store.isAnswering()) {
        throw new RedisGone("found out meanwhile");
      }
      Verdict here = lease.decideHere(limits, tokens);
      if (here != null) {
        return here;
      }
      Question question = lease.ask(limits, tokens);
      long asked = System.nanoTime();
      Answer answer = store.ask(lease.key(), question, timeout.minusNanos(asked - began));
      return lease.decided(question, answer, asked);
    } finally {
      lease.turn().unlock();
    }
  }

  private Verdict withoutStore(KeyId key, RateLimits limits, long tokens) {
    return switch (settings.onStoreFailure()) {
      case LOCAL -> alone.admit(key, limits.sharedBy(store.nodes()), tokens);
      case DENY -> new Verdict.Unavailable();
    };
  }

  @Override
  public LimitStanding standing(KeyId key, RateLimits limits) {
    if (!store.isAnswering()
        && !limits.areUnlimited()
        && settings.onStoreFailure() == RedisSettings.OnStoreFailure.LOCAL) {
      return alone.standing(key, limits.sharedBy(store.nodes()));
    }
    KeyLease lease = leases.get(key);
    return (lease == null ? new KeyLease(key, clock, _ -> {}) : lease).standing(limits);
  }

  /** Nobody else is there to need it, as a rule. */
  private void scarce(KeyLease lease) {
    if (store.nodes() > 1) {
      upkeep.soon(lease);
    }
  }

  /** One round of upkeep: finds Redis, renews what running calls hold, gives back what is idle. */
  void step() throws InterruptedException {
    store.beat();
    for (KeyLease lease : leases.values()) {
      if (lease.isDue()) {
        giveBack(lease);
      }
    }
    leases.values().removeIf(KeyLease::closeIfEmpty);
  }

  /** Tells what is to be told, unless a call is just about to, or nobody listens. */
  private void giveBack(KeyLease lease) {
    if (!store.isAnswering() || !lease.turn().tryLock()) {
      return;
    }
    try {
      Question question = lease.giveBack();
      long asked = System.nanoTime();
      lease.heard(question, store.ask(lease.key(), question, timeout), asked);
    } catch (RedisGone _) {
      // known to all by now; told again once Redis answers
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      lease.turn().unlock();
    }
  }

  /** Gives everything back that no call uses. */
  @Override
  public void close() {
    upkeep.close();
    leases.values().forEach(this::giveBack);
    store.close();
  }
}
