package io.modelgate.domain.access;

import org.jspecify.annotations.Nullable;

/**
 * How many tokens, prompt and completion together, a key may use in a period.
 *
 * @param limit 0 or more; 0 allows none, null is unlimited
 */
public record TokenQuota(@Nullable Long limit, QuotaPeriod period) {
  public static final TokenQuota UNLIMITED = new TokenQuota(null, QuotaPeriod.TOTAL);

  public TokenQuota {
    if (limit != null && limit < 0) {
      throw new IllegalArgumentException(
          "a token quota is 0 or more, or none at all, got " + limit);
    }
  }

  /** In the key's whole life. */
  public static TokenQuota of(long limit) {
    return new TokenQuota(limit, QuotaPeriod.TOTAL);
  }

  public TokenQuota withLimit(@Nullable Long newLimit) {
    return new TokenQuota(newLimit, period);
  }

  public TokenQuota withPeriod(QuotaPeriod newPeriod) {
    return new TokenQuota(limit, newPeriod);
  }

  /**
   * Whether a call may begin, and with how much. Pure; whoever keeps the counts must make this
   * decision and what follows from it in one step.
   *
   * @param used charged in this period, 0 or more
   * @param reserved set aside for calls under way, 0 or more
   */
  public Verdict decide(long used, long reserved, TokenDemand demand) {
    if (limit == null) {
      return new Verdict.Granted(new TokenDemand.Grant(demand.total(), null));
    }
    long left = limit - Math.min(used, limit);
    if (!suffices(left, demand)) {
      return new Verdict.Exhausted();
    }
    long unreserved = left - Math.min(reserved, left);
    if (unreserved >= demand.total()) {
      return new Verdict.Granted(new TokenDemand.Grant(demand.total(), null));
    }
    if (!suffices(unreserved, demand)) {
      return new Verdict.Busy();
    }
    long cap = (unreserved - demand.prompt()) / demand.sequences();
    return new Verdict.Granted(
        new TokenDemand.Grant(demand.prompt() + demand.sequences() * cap, cap));
  }

  /** Whether the prompt fits in and at least one token for each sequence. */
  private static boolean suffices(long tokens, TokenDemand demand) {
    return tokens > demand.prompt() && tokens - demand.prompt() >= demand.sequences();
  }

  /**
   * How many of the tokens that a running call asks for it may have. Pure, as {@link #decide}.
   *
   * @param wanted 0 or more
   * @return 0 to {@code wanted}
   */
  public long extend(long used, long reserved, long wanted) {
    if (limit == null) {
      return wanted;
    }
    long left = limit - Math.min(used, limit);
    return Math.min(wanted, left - Math.min(reserved, left));
  }

  /** What a quota says to a call. */
  public sealed interface Verdict {
    /** It may begin. */
    record Granted(TokenDemand.Grant grant) implements Verdict {}

    /** Not even its prompt fits into what is left of the period. */
    record Exhausted() implements Verdict {}

    /** What is left is set aside for calls under way; some of it may come back soon. */
    record Busy() implements Verdict {}
  }
}
