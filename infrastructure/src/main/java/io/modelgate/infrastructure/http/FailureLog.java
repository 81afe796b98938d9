package io.modelgate.infrastructure.http;

import io.modelgate.application.port.UsageRecord.FailedAttempt;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.infrastructure.server.CallLog;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Tells the operator how backends fail: more than clients are told. Every call's line names the
 * kind of failure; the details are a warning at most once a minute for each model and kind, for a
 * dead backend fails every call. Thread-safe.
 */
final class FailureLog {
  private static final Logger LOG = LoggerFactory.getLogger(FailureLog.class);
  private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

  private final Map<Cause, Long> warnedAt = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  /**
   * A log that has warned of nothing yet.
   *
   * @param nanoTime as {@link System#nanoTime()}
   */
  FailureLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  void write(CallLog call, FailedAttempt attempt) {
    UpstreamFailure failure = attempt.failure();
    ModelRoute route = attempt.to().route();
    call.put("failure", failure.word());
    LOG.atLevel(level(route, failure))
        .log(
            "request {}: the backend of model {} {}",
            call.requestId(),
            route.name(),
            details(failure));
  }

  /** What a client got wrong is no warning, however often, and neither is the gateway's end. */
  Level level(ModelRoute route, UpstreamFailure failure) {
    boolean blameless =
        failure instanceof UpstreamFailure.Stopped
            || (failure instanceof UpstreamFailure.Rejected(int status, _, _) && status < 500);
    if (blameless) {
      return Level.DEBUG;
    }
    long now = nanoTime.getAsLong();
    Long stands =
        warnedAt.merge(
            new Cause(route.id(), failure.word()),
            now,
            (before, _) -> now - before >= QUIET_NANOS ? now : before);
    return stands == now ? Level.WARN : Level.DEBUG;
  }

  private static String details(UpstreamFailure failure) {
    return switch (failure) {
      case UpstreamFailure.Unreachable(String detail) -> "cannot be reached: " + detail;
      case UpstreamFailure.Unanswered(String detail) -> "hung up before it replied: " + detail;
      case UpstreamFailure.TimedOut(UpstreamFailure.Phase phase, Duration allowed) ->
          "took longer than " + allowed.toMillis() + " ms " + awaited(phase);
      case UpstreamFailure.Rejected(int status, _, _) -> "answered " + status;
      case UpstreamFailure.NotAuthorized(int status) ->
          "answered " + status + ": it does not accept the gateway's credential";
      case UpstreamFailure.Unintelligible(String detail) -> "sent an invalid reply: " + detail;
      case UpstreamFailure.CutOff(String detail) -> "ended its reply early: " + detail;
      case UpstreamFailure.Reported _ -> "reported an error inside its reply";
      case UpstreamFailure.Stopped _ -> "was hung up on, since the gateway stops";
    };
  }

  private static String awaited(UpstreamFailure.Phase phase) {
    return switch (phase) {
      case CONNECT -> "to accept a connection";
      case HEAD -> "to begin its reply";
      case SILENCE -> "to go on with its reply";
      case WHOLE -> "to finish its reply";
    };
  }

  private record Cause(ModelId model, String kind) {}
}
