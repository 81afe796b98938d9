package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Destination;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of one call that was sent to a backend.
 *
 * @param time when it was admitted
 * @param requestId the client's own where it sent a sane one: not unique
 * @param model as clients call it
 * @param upstreamModel as the last backend that was tried calls it
 * @param baseUrl where that one is; null for the one that is built in
 * @param status of the reply, 499 when the client was gone before it
 * @param timeToFirstByte from admission until the reply's first bytes went to the client; null when
 *     none did
 * @param duration from admission to the end
 * @param waited of that, in line for a backend that was busy
 * @param failures the attempts that failed, in their order; the last may be how the call ended
 */
public record UsageRecord(
    Instant time,
    String requestId,
    KeyId key,
    String model,
    String upstreamModel,
    BackendKind backend,
    @Nullable BaseUrl baseUrl,
    Endpoint endpoint,
    Metered usage,
    Ending ending,
    int status,
    boolean stream,
    @Nullable Duration timeToFirstByte,
    Duration duration,
    Duration waited,
    List<FailedAttempt> failures) {
  public UsageRecord {
    failures = List.copyOf(failures);
  }

  /** Of a call that nothing delayed, to a place that does not matter. */
  public UsageRecord(
      Instant time,
      String requestId,
      KeyId key,
      String model,
      String upstreamModel,
      BackendKind backend,
      Endpoint endpoint,
      Metered usage,
      Ending ending,
      int status,
      boolean stream,
      @Nullable Duration timeToFirstByte,
      Duration duration) {
    this(
        time,
        requestId,
        key,
        model,
        upstreamModel,
        backend,
        null,
        endpoint,
        usage,
        ending,
        status,
        stream,
        timeToFirstByte,
        duration,
        Duration.ZERO,
        List.of());
  }

  /**
   * One try that came to nothing.
   *
   * @param waited in line, before it was sent
   * @param took from when it was sent
   */
  public record FailedAttempt(
      Destination to, UpstreamFailure failure, Duration waited, Duration took) {}

  /** How a call ended. */
  public enum Ending {
    /** The reply went out whole. */
    COMPLETED,
    /** The backend answered with an error, or not at all; the client was told by a status. */
    REFUSED_BY_BACKEND,
    /** The client hung up. */
    CLIENT_GONE,
    /** The reply broke off, and the client was told. */
    UPSTREAM_BROKE,
    /** The backend took too long, before or within its reply. */
    TIMED_OUT,
    /** The reply was ended because the key's quota was. */
    CUT_BY_QUOTA,
    /** The gateway was told to stop and could not wait any longer. */
    SHUT_DOWN;

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** As written in the store and in logs, e.g. {@code cut_by_quota}. */
    public String wireName() {
      return wireName;
    }

    /** Whether something failed that is not the client's doing. */
    public boolean isError() {
      return switch (this) {
        case REFUSED_BY_BACKEND, UPSTREAM_BROKE, TIMED_OUT, SHUT_DOWN -> true;
        case COMPLETED, CLIENT_GONE, CUT_BY_QUOTA -> false;
      };
    }
  }
}
