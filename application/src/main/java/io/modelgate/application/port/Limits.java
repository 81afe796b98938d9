package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.RateBreach;
import io.modelgate.domain.access.RateLimits;

/**
 * Driven port: how fast each key calls. Apart from {@link Quotas}: what is counted here is
 * forgotten with the process, or shared by several. Thread-safe; blocks for 200 ms at most.
 */
public interface Limits {
  /**
   * Takes one request, one place among the running calls, and the tokens, all or nothing: a call
   * that is not admitted counts against nothing.
   *
   * @param limits the key's, as they are now; may differ from call to call
   * @param tokens what the call may come to, 0 or more. More than the whole limit counts as the
   *     whole limit, so that such a call gets through once nothing else counts
   */
  Verdict admit(KeyId key, RateLimits limits, long tokens);

  /** What is left, without taking anything; as far as is known here, without asking elsewhere. */
  LimitStanding standing(KeyId key, RateLimits limits);

  /** Whether a call may go on. */
  sealed interface Verdict {
    /** It may, and counts; its pass is to be settled at its end, however it ends. */
    record Admitted(Pass pass, LimitStanding standing) implements Verdict {}

    /** It would have broken a limit. */
    record Limited(RateBreach breach, LimitStanding standing) implements Verdict {}

    /** Nobody can tell, and no call is to be let through then. */
    record Unavailable() implements Verdict {}
  }

  /** What a running call has taken. Thread-safe. */
  interface Pass {
    /**
     * Gives the place among the running calls back, and counts what the call really came to instead
     * of what had been taken. Only the first call of this does anything. Never blocks, never
     * throws.
     *
     * @param tokens 0 or more
     */
    void settle(long tokens);
  }
}
