package io.modelgate.application.port;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.TokenUsage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Driven port: the tokens each key has used in each period, and one record for each call. What a
 * call may come to is set aside before it is sent, and becomes what it came to at its end, together
 * with its record. Reservations live in this process alone: none outlives it. Thread-safe.
 */
public interface Quotas {
  /** From memory; never blocks. */
  QuotaStanding standing(KeyId key, TokenQuota quota, Instant now);

  /**
   * Sets tokens aside, if the quota allows it; never blocks. The call is charged to the period that
   * {@code now} lies in, however long it takes.
   */
  Verdict reserve(KeyId key, TokenQuota quota, TokenDemand demand, Instant now);

  /**
   * Gives a key back what it has used in the period of its quota that {@code now} lies in; blocks
   * until that is durable. Calls under way keep what is set aside for them, and are charged.
   *
   * @throws StoreUnavailable when it could not be kept; then nothing is given back
   */
  void reset(ApiKey key, Instant now, Deed deed);

  /** What came of it. */
  sealed interface Verdict {
    /**
     * To be settled or cancelled, exactly once.
     *
     * @param cap see {@link TokenDemand.Grant#cap}
     */
    record Reserved(Reservation reservation, @Nullable Long cap) implements Verdict {}

    /** See {@link TokenQuota.Verdict.Exhausted}. */
    record Exhausted(QuotaStanding standing) implements Verdict {}

    /** See {@link TokenQuota.Verdict.Busy}. */
    record Busy(QuotaStanding standing) implements Verdict {}

    /** Records of earlier calls cannot be kept at present, and no call is to be served then. */
    record Unavailable() implements Verdict {}
  }

  /**
   * Tokens set aside for one call. For one thread. Once it is settled or cancelled, anything but
   * {@link #tokens} throws an {@link IllegalStateException} and changes nothing.
   */
  interface Reservation {
    /** No more is set aside for one call, whatever it asks for: none can use more. */
    long MOST = 2 * TokenUsage.MOST;

    /** How many there are now; 0 in the end. */
    long tokens();

    /**
     * Sets more aside.
     *
     * @param quota the key's, as it is now
     * @param wanted 0 or more
     * @return how many there were to be had, 0 to {@code wanted}
     */
    long extend(TokenQuota quota, long wanted);

    /** Gives all back; the call was never sent. */
    void cancel();

    /**
     * Charges what the record says, be it more than was set aside, gives the rest back and keeps
     * the record. Returns when that is durable, or when it has taken too long; an interrupt does
     * not end the wait and stays set.
     */
    Settlement settle(UsageRecord record);
  }

  /** Whether a record is kept. */
  enum Settlement {
    /** It outlives this process. */
    DURABLE,
    /** It is charged, and will be kept as soon as the store can; lost if the process dies first. */
    OWED
  }
}
