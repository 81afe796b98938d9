package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.routing.BackendKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Driven port: the log of single calls, as long as each is kept. Thread-safe; blocks. */
public interface CallRecords {
  /**
   * Reads on in the log, latest first. Ends early, with a place to go on from, when it has looked
   * at very many calls that the filter does not let through.
   *
   * @param after null for the beginning
   * @param limit 1 or more
   * @throws StoreUnavailable when it cannot be read, or not in time
   */
  Page page(Filter filter, @Nullable Position after, int limit);

  /**
   * One call.
   *
   * @param number see {@link KeptCall#number}
   * @throws StoreUnavailable when it cannot be read
   */
  Optional<KeptCall> byNumber(long number);

  /**
   * Which calls; null for all.
   *
   * @param from of the time of admission or refusal
   * @param to the first instant after the range
   * @param status the least and the largest
   * @param outcome a wire name of {@link UsageRecord.Ending}, or {@link RefusedCall#OUTCOME}
   * @param slowerThan or as slow
   */
  record Filter(
      Instant from,
      Instant to,
      @Nullable KeyId key,
      @Nullable String model,
      @Nullable BackendKind backend,
      @Nullable Statuses status,
      @Nullable String outcome,
      @Nullable Duration slowerThan,
      @Nullable String requestId) {}

  /** From the first to the last, both included. */
  record Statuses(int least, int most) {}

  /** Where a page ended: the time and number of its last call. */
  record Position(Instant time, long number) {}

  /**
   * Some calls.
   *
   * @param next where to go on; null when there is no more
   */
  record Page(List<KeptCall> calls, @Nullable Position next) {
    public Page {
      calls = List.copyOf(calls);
    }
  }

  /**
   * One call as it was recorded. What is null was not known: nothing was sent, or nothing came.
   *
   * @param number names the call, in the order in which calls ended
   * @param outcome see {@link Filter}
   * @param refusal the rule that turned it away; null when it was sent to a backend
   */
  record KeptCall(
      long number,
      Instant time,
      String requestId,
      KeyId key,
      String model,
      @Nullable String upstreamModel,
      @Nullable String backend,
      @Nullable String baseUrl,
      String endpoint,
      boolean stream,
      int status,
      String outcome,
      @Nullable String refusal,
      @Nullable String usageSource,
      TokenUsage tokens,
      @Nullable Duration timeToFirstByte,
      Duration duration,
      Duration waited,
      List<KeptAttempt> failedAttempts) {
    public KeptCall {
      failedAttempts = List.copyOf(failedAttempts);
    }

    public KeptCall withAttempts(List<KeptAttempt> attempts) {
      return new KeptCall(
          number,
          time,
          requestId,
          key,
          model,
          upstreamModel,
          backend,
          baseUrl,
          endpoint,
          stream,
          status,
          outcome,
          refusal,
          usageSource,
          tokens,
          timeToFirstByte,
          duration,
          waited,
          attempts);
    }
  }

  /**
   * One try that came to nothing.
   *
   * @param failure one word
   * @param status the backend's; null when it gave none
   */
  record KeptAttempt(
      String model,
      String upstreamModel,
      String backend,
      @Nullable String baseUrl,
      String failure,
      @Nullable Integer status,
      Duration waited,
      Duration took) {}
}
