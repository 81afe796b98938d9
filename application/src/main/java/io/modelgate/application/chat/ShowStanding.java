package io.modelgate.application.chat;

import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Quotas;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitStanding.Allowance;
import io.modelgate.domain.access.QuotaStanding;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * What is left of a caller's limits, as every reply tells. Where a key has no limit of tokens a
 * minute, its quota is the limit of tokens that is told. Thread-safe; never blocks.
 */
public final class ShowStanding {
  private final Limits limits;
  private final Quotas quotas;
  private final InstantSource clock;

  public ShowStanding(Limits limits, Quotas quotas, InstantSource clock) {
    this.limits = limits;
    this.quotas = quotas;
    this.clock = clock;
  }

  public LimitStanding handle(ApiKey caller) {
    return completed(caller, limits.standing(caller.id(), caller.terms().limits()));
  }

  /** What a limiter just said, with what it cannot know. */
  LimitStanding completed(ApiKey caller, LimitStanding standing) {
    Long quota = caller.terms().quota().limit();
    if (standing.tokens() != null || quota == null) {
      return standing;
    }
    Instant now = clock.instant();
    QuotaStanding of = quotas.standing(caller.id(), caller.terms().quota(), now);
    Long left = of.left();
    Instant resetsAt = of.resetsAt();
    return new LimitStanding(
        standing.requests(),
        new Allowance(
            quota,
            left == null ? quota : left,
            resetsAt == null ? null : Duration.between(now, resetsAt)),
        standing.running());
  }
}
