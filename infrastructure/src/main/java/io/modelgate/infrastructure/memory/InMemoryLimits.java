package io.modelgate.infrastructure.memory;

import io.modelgate.application.port.Limits;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitState;
import io.modelgate.domain.access.RateLimits;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts in this process. Each key has a state of its own that is swapped whole, so that nobody
 * waits for anybody; never blocks. Keys against which nothing counts any more are forgotten
 * whenever the number of keys has doubled.
 */
public final class InMemoryLimits implements Limits {
  private static final int FEW = 1_024;

  private final InstantSource clock;
  private final ConcurrentHashMap<KeyId, KeyAccount> accounts = new ConcurrentHashMap<>();
  private final AtomicInteger sweepAt = new AtomicInteger(FEW);
  private final AtomicBoolean sweeping = new AtomicBoolean();

  /** Starts with nothing counted. */
  public InMemoryLimits(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public Verdict admit(KeyId key, RateLimits limits, long tokens) {
    while (true) {
      KeyAccount account = accounts.get(key);
      if (account == null) {
        account = open(key);
      }
      KeyAccount.Decided decided = account.decide(limits, tokens);
      if (decided != null) {
        return verdict(account, limits, decided);
      }
      accounts.remove(key, account); // closed by a sweep that is about to do the same
    }
  }

  private static Verdict verdict(
      KeyAccount account, RateLimits limits, KeyAccount.Decided decided) {
    LimitStanding standing = limits.standing(decided.verdict().next(), decided.now());
    return switch (decided.verdict()) {
      case RateLimits.Verdict.Pass(_, long taken) ->
          new Verdict.Admitted(new AccountPass(account, taken), standing);
      case RateLimits.Verdict.Refused(_, var breach) -> new Verdict.Limited(breach, standing);
    };
  }

  @Override
  public LimitStanding standing(KeyId key, RateLimits limits) {
    KeyAccount account = accounts.get(key);
    long now = clock.millis();
    LimitState state = account == null ? null : account.state();
    return limits.standing(state == null ? LimitState.empty(now) : state, now);
  }

  /** How many keys are remembered. */
  int remembered() {
    return accounts.size();
  }

  private KeyAccount open(KeyId key) {
    @Nullable KeyAccount opened = accounts.computeIfAbsent(key, _ -> new KeyAccount(clock));
    if (accounts.size() >= sweepAt.get() && sweeping.compareAndSet(false, true)) {
      accounts.values().removeIf(account -> account != opened && account.closeIfEmpty());
      sweepAt.set(Math.max(FEW, 2 * accounts.size()));
      sweeping.set(false);
    }
    return opened;
  }
}
