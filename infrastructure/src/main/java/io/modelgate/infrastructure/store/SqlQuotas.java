package io.modelgate.infrastructure.store;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.infrastructure.store.Job.Decision;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides in memory, key by key, and keeps what calls came to through the writer. What is set aside
 * is in memory alone. Memory may be ahead of the disk, never behind. Thread-safe.
 */
final class SqlQuotas implements Quotas {
  private static final Logger LOG = LoggerFactory.getLogger(SqlQuotas.class);

  /** No call takes so long: what it set aside is given back then, and what it uses charged. */
  private static final Duration LONGEST_CALL = Duration.ofHours(24);

  private final StoreWriter writer;
  private final RememberedUses uses;
  private final PeriodCalendar calendar;
  private final Duration longestCall;
  private final ConcurrentHashMap<KeyId, Account> accounts = new ConcurrentHashMap<>();

  SqlQuotas(StoreWriter writer, ZoneId zone, List<QuotaUse> used, RememberedUses uses) {
    this(writer, zone, used, uses, LONGEST_CALL);
  }

  SqlQuotas(
      StoreWriter writer,
      ZoneId zone,
      List<QuotaUse> used,
      RememberedUses uses,
      Duration longestCall) {
    this.writer = writer;
    this.uses = uses;
    this.longestCall = longestCall;
    this.calendar = new PeriodCalendar(zone);
    used.forEach(this::remember);
  }

  private void remember(QuotaUse use) {
    Account account = account(use.key());
    synchronized (account) {
      account.remember(use.period(), new Tally(use.startsAt(), use.used()));
    }
  }

  @Override
  public QuotaStanding standing(KeyId key, TokenQuota quota, Instant now) {
    Account account = accounts.get(key);
    if (account == null) {
      return of(null, quota, now);
    }
    synchronized (account) {
      return of(account.find(quota.period(), calendar.startsOf(now)), quota, now);
    }
  }

  private QuotaStanding of(@Nullable Tally tally, TokenQuota quota, Instant now) {
    return new QuotaStanding(
        quota,
        tally == null ? 0 : tally.used(),
        tally == null ? 0 : tally.reserved(),
        calendar.endOf(quota.period(), now));
  }

  @Override
  public Verdict reserve(KeyId key, TokenQuota quota, TokenDemand demand, Instant now) {
    if (!writer.takesCharges()) {
      return new Verdict.Unavailable();
    }
    PeriodStarts starts = calendar.startsOf(now);
    Account account = account(key);
    synchronized (account) {
      Tally tally = account.find(quota.period(), starts);
      TokenQuota.Verdict verdict = decide(quota, tally, demand);
      if (verdict instanceof TokenQuota.Verdict.Busy && account.expire()) {
        verdict = decide(quota, tally, demand);
      }
      return switch (verdict) {
        case TokenQuota.Verdict.Granted(TokenDemand.Grant grant) -> {
          long tokens = Math.min(grant.tokens(), Reservation.MOST);
          Tallies tallies = account.begin(starts, tokens);
          var admission = new Admission(account, tallies, starts, tokens);
          account.add(admission);
          yield new Verdict.Reserved(admission, grant.cap());
        }
        case TokenQuota.Verdict.Exhausted _ -> new Verdict.Exhausted(of(tally, quota, now));
        case TokenQuota.Verdict.Busy _ -> new Verdict.Busy(of(tally, quota, now));
      };
    }
  }

  /**
   * What was used up to now is taken off, in memory and on the disk alike; what is used until the
   * disk has it counts afterwards. Charges that are not kept yet come to the disk later and bring
   * it to the same.
   */
  @Override
  public void reset(ApiKey key, Instant now, Deed deed) {
    QuotaPeriod period = key.terms().quota().period();
    PeriodStarts starts = calendar.startsOf(now);
    Account account = account(key.id());
    boolean _ =
        writer.change(
            "giving a quota back",
            () -> {
              long used = used(account, period, starts);
              return used == 0
                  ? new Decision.Leave<>(false)
                  : new Decision.Write<>(
                      true,
                      execute -> {
                        UsageTables.giveBack(
                            execute, new QuotaUse(key.id(), period, starts.of(period), used));
                        AuditTable.noteReset(execute, deed, key, used);
                      },
                      () -> giveBack(account, period, starts, used));
            });
  }

  private static long used(Account account, QuotaPeriod period, PeriodStarts starts) {
    synchronized (account) {
      Tally tally = account.find(period, starts);
      return tally == null ? 0 : tally.used();
    }
  }

  private static void giveBack(
      Account account, QuotaPeriod period, PeriodStarts starts, long tokens) {
    synchronized (account) {
      Tally tally = account.find(period, starts);
      if (tally != null) {
        tally.giveBack(tokens);
      }
    }
  }

  private static TokenQuota.Verdict decide(
      TokenQuota quota, @Nullable Tally tally, TokenDemand demand) {
    return quota.decide(
        tally == null ? 0 : tally.used(), tally == null ? 0 : tally.reserved(), demand);
  }

  private Account account(KeyId key) {
    Account account = accounts.get(key);
    return account == null ? accounts.computeIfAbsent(key, Account::new) : account;
  }

  /** A call that was let in; its account's monitor guards it. */
  private final class Admission implements Reservation, Account.Expiring {
    private final long admittedNanos = System.nanoTime();
    private final Account account;
    private final Tallies tallies;
    private final PeriodStarts starts;
    private long tokens;
    private boolean ended;

    Admission(Account account, Tallies tallies, PeriodStarts starts, long tokens) {
      this.account = account;
      this.tallies = tallies;
      this.starts = starts;
      this.tokens = tokens;
    }

    @Override
    public long tokens() {
      return tokens;
    }

    @Override
    public long extend(TokenQuota quota, long wanted) {
      synchronized (account) {
        insistOnOpen();
        Tally tally = tallies.of(quota.period());
        long granted =
            quota.extend(tally.used(), tally.reserved(), Math.min(wanted, MOST - tokens));
        tokens += granted;
        tallies.extend(granted);
        return granted;
      }
    }

    @Override
    public boolean expire() {
      boolean overdue = tokens > 0 && System.nanoTime() - admittedNanos >= longestCall.toNanos();
      if (overdue) {
        LOG.warn(
            "a call of key {} has not ended in {}; {} tokens set aside for it are given back",
            account.key(),
            longestCall,
            tokens);
        tallies.extend(-tokens);
        tokens = 0;
      }
      return overdue;
    }

    @Override
    public void cancel() {
      end(0);
    }

    @Override
    public Settlement settle(UsageRecord record) {
      end(record.usage().tokens().total());
      uses.note(record.key(), record.time());
      return writer.settle(new Charge(record, starts)) ? Settlement.DURABLE : Settlement.OWED;
    }

    private void end(long charged) {
      synchronized (account) {
        insistOnOpen();
        ended = true;
        account.remove(this);
        tallies.end(tokens, charged);
        tokens = 0;
      }
    }

    private void insistOnOpen() {
      if (ended) {
        throw new IllegalStateException("the call is settled or cancelled already");
      }
    }
  }
}
