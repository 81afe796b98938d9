package io.modelgate.testing;

import io.modelgate.application.port.Limits;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.RateLimits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Admits everything, unless its script has another verdict for the n-th call. Remembers. */
public final class ScriptedLimits implements Limits {
  /** What each admitted call was to come to, in order. */
  public final List<Long> taken = new ArrayList<>();

  /** What each settled call came to, in order. */
  public final List<Long> settled = new ArrayList<>();

  /** What it says is left, to whoever asks. */
  public LimitStanding standing = LimitStanding.UNLIMITED;

  private final Deque<Verdict> script;

  public ScriptedLimits(Verdict... script) {
    this.script = new ArrayDeque<>(List.of(script));
  }

  /** Adds to the script. */
  public synchronized void next(Verdict verdict) {
    script.add(verdict);
  }

  @Override
  public synchronized Verdict admit(KeyId key, RateLimits limits, long tokens) {
    @Nullable Verdict scripted = script.poll();
    if (scripted != null) {
      return scripted;
    }
    taken.add(tokens);
    return new Verdict.Admitted(this::settle, standing);
  }

  private synchronized void settle(long tokens) {
    settled.add(tokens);
  }

  @Override
  public LimitStanding standing(KeyId key, RateLimits limits) {
    return standing;
  }
}
