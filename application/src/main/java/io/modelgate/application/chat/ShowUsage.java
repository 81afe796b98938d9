package io.modelgate.application.chat;

import io.modelgate.application.port.ModelUse;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.UsageHistory;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.QuotaStanding;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;

/** What a key has used, for its holder. Thread-safe; blocks on the store. */
public final class ShowUsage {
  private final Quotas quotas;
  private final UsageHistory history;
  private final InstantSource clock;
  private final ZoneId zone;

  /**
   * Over what is kept.
   *
   * @param zone whose midnights part days
   */
  public ShowUsage(Quotas quotas, UsageHistory history, InstantSource clock, ZoneId zone) {
    this.quotas = quotas;
    this.history = history;
    this.clock = clock;
    this.zone = zone;
  }

  /**
   * Looks it up.
   *
   * @throws io.modelgate.application.port.StoreUnavailable when it cannot be read
   */
  public Report handle(ApiKey caller) {
    Instant now = clock.instant();
    Instant today = QuotaPeriod.DAY.startOf(now, zone);
    Instant period = caller.terms().quota().period().startOf(now, zone);
    return new Report(
        quotas.standing(caller.id(), caller.terms().quota(), now),
        history.byModel(caller.id(), today),
        history.byModel(caller.id(), period));
  }

  /**
   * What was found.
   *
   * @param today by model
   * @param period by model, since the quota's period began
   */
  public record Report(QuotaStanding quota, List<ModelUse> today, List<ModelUse> period) {
    public Report {
      today = List.copyOf(today);
      period = List.copyOf(period);
    }
  }
}
