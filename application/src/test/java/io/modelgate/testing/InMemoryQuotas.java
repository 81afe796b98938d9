package io.modelgate.testing;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts in a map, forgets nothing, and remembers the records. */
public final class InMemoryQuotas implements Quotas {
  private final ZoneId zone;
  private final Map<Account, Tally> tallies = new HashMap<>();
  private final List<UsageRecord> records = new ArrayList<>();

  /** Whose days begin at midnight UTC. */
  public InMemoryQuotas() {
    this(ZoneOffset.UTC);
  }

  public InMemoryQuotas(ZoneId zone) {
    this.zone = zone;
  }

  /** Those of all settled calls, in that order. */
  public synchronized List<UsageRecord> records() {
    return List.copyOf(records);
  }

  /** Charges a key in the period that {@code now} lies in, as a call would that came to that. */
  public synchronized void charge(KeyId key, long tokens, Instant now) {
    new OneCall(key, now).settle(Samples.aRecord(key, tokens));
  }

  @Override
  public synchronized QuotaStanding standing(KeyId key, TokenQuota quota, Instant now) {
    Tally tally = tally(key, quota.period(), now);
    return new QuotaStanding(quota, tally.used, tally.reserved, quota.period().endOf(now, zone));
  }

  @Override
  public synchronized Verdict reserve(
      KeyId key, TokenQuota quota, TokenDemand demand, Instant now) {
    Tally tally = tally(key, quota.period(), now);
    return switch (quota.decide(tally.used, tally.reserved, demand)) {
      case TokenQuota.Verdict.Granted(TokenDemand.Grant grant) -> {
        var reservation = new OneCall(key, now);
        reservation.add(Math.min(grant.tokens(), Reservation.MOST));
        yield new Verdict.Reserved(reservation, grant.cap());
      }
      case TokenQuota.Verdict.Exhausted _ -> new Verdict.Exhausted(standing(key, quota, now));
      case TokenQuota.Verdict.Busy _ -> new Verdict.Busy(standing(key, quota, now));
    };
  }

  @Override
  public synchronized void reset(ApiKey key, Instant now, Deed deed) {
    tally(key.id(), key.terms().quota().period(), now).used = 0;
  }

  private Tally tally(KeyId key, QuotaPeriod period, Instant now) {
    return tallies.computeIfAbsent(
        new Account(key, period, period.startOf(now, zone)), _ -> new Tally());
  }

  private record Account(KeyId key, QuotaPeriod period, Instant startsAt) {}

  private static final class Tally {
    private long used;
    private long reserved;
  }

  private final class OneCall implements Reservation {
    private final KeyId key;
    private final Instant admitted;
    private long tokens;
    private boolean ended;

    OneCall(KeyId key, Instant admitted) {
      this.key = key;
      this.admitted = admitted;
    }

    @Override
    public long tokens() {
      return tokens;
    }

    @Override
    public long extend(TokenQuota quota, long wanted) {
      synchronized (InMemoryQuotas.this) {
        insistOnOpen();
        Tally tally = tally(key, quota.period(), admitted);
        long granted = quota.extend(tally.used, tally.reserved, Math.min(wanted, MOST - tokens));
        add(granted);
        return granted;
      }
    }

    @Override
    public void cancel() {
      synchronized (InMemoryQuotas.this) {
        end();
      }
    }

    @Override
    public Settlement settle(UsageRecord record) {
      synchronized (InMemoryQuotas.this) {
        end();
        long total = record.usage().tokens().total();
        all().forEach(tally -> tally.used = sum(tally.used, total));
        records.add(record);
        return Settlement.DURABLE;
      }
    }

    private void end() {
      insistOnOpen();
      add(-tokens);
      ended = true;
    }

    private void insistOnOpen() {
      if (ended) {
        throw new IllegalStateException("the call is settled or cancelled already");
      }
    }

    private void add(long more) {
      tokens += more;
      all().forEach(tally -> tally.reserved += more);
    }

    private List<Tally> all() {
      return Arrays.stream(QuotaPeriod.values())
          .map(period -> tally(key, period, admitted))
          .toList();
    }

    private static long sum(long used, long more) {
      return used > Long.MAX_VALUE - more ? Long.MAX_VALUE : used + more;
    }
  }
}
