package io.modelgate.application.chat;

import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.Quotas.Settlement;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.application.port.UsageRecord.FailedAttempt;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The account of one call that was admitted: settled exactly once, however the call ends. For one
 * thread.
 */
final class CallLedger implements AutoCloseable {
  private final KeyId key;
  private final ChatCall call;
  private final Reservation reservation;
  private final Limits.Pass pass;
  private final Instant admitted;
  private final long admittedNanos = System.nanoTime();
  private @Nullable Duration timeToFirstByte;
  private Duration waited = Duration.ZERO;
  private Destination destination;
  private final List<FailedAttempt> failures = new ArrayList<>();
  private boolean settled;

  CallLedger(
      KeyId key,
      ChatCall call,
      Reservation reservation,
      Limits.Pass pass,
      Instant admitted,
      Destination likely) {
    this.key = key;
    this.call = call;
    this.reservation = reservation;
    this.pass = pass;
    this.admitted = admitted;
    this.destination = likely;
  }

  /** The call is sent there next, having waited for its turn. */
  void sentTo(Destination next, Duration waitedForIt) {
    destination = next;
    waited = waited.plus(waitedForIt);
  }

  /** It failed where it was sent last. */
  void failed(UpstreamFailure failure, Duration waitedForIt, Duration took) {
    failures.add(new FailedAttempt(destination, failure, waitedForIt, took));
  }

  /** How many attempts failed. */
  int failures() {
    return failures.size();
  }

  /** Takes everything back: the call was sent nowhere. */
  void cancel() {
    settled = true;
    pass.settle(0);
    reservation.cancel();
  }

  /** Whether the reply's head is out. */
  boolean hasBegun() {
    return timeToFirstByte != null;
  }

  /** The same sink, with an eye on when the first bytes leave. */
  ReplySink timing(ReplySink sink) {
    return new TimedSink(sink);
  }

  /**
   * Settles. A thread that was interrupted meanwhile belongs to a gateway that is told to stop.
   *
   * @param status of the reply
   */
  SettledCall settle(Metered usage, Ending ending, int status) {
    settled = true;
    boolean stopped = ending != Ending.COMPLETED && Thread.currentThread().isInterrupted();
    pass.settle(usage.tokens().total());
    var record =
        new UsageRecord(
            admitted,
            call.requestId(),
            key,
            destination.asked().value(),
            destination.upstreamName(),
            destination.backend(),
            destination.engine().baseUrl(),
            call.endpoint(),
            usage,
            stopped ? Ending.SHUT_DOWN : ending,
            status,
            call.body().stream(),
            timeToFirstByte,
            elapsed(),
            waited,
            failures);
    return new SettledCall(destination, record, reservation.settle(record) == Settlement.DURABLE);
  }

  /** Settles for a call that a bug ended. */
  @Override
  public void close() {
    if (!settled) {
      settle(Metered.NOTHING, Ending.UPSTREAM_BROKE, 500);
    }
  }

  /** How a call ended whose backend failed. */
  static Ending endingOf(UpstreamFailure failure) {
    return switch (failure) {
      case UpstreamFailure.TimedOut _ -> Ending.TIMED_OUT;
      case UpstreamFailure.Unreachable _,
          UpstreamFailure.Unanswered _,
          UpstreamFailure.Rejected _,
          UpstreamFailure.NotAuthorized _ ->
          Ending.REFUSED_BY_BACKEND;
      case UpstreamFailure.Unintelligible _, UpstreamFailure.CutOff _, UpstreamFailure.Reported _ ->
          Ending.UPSTREAM_BROKE;
      case UpstreamFailure.Stopped _ -> Ending.SHUT_DOWN;
    };
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - admittedNanos);
  }

  private final class TimedSink implements ReplySink {
    private final ReplySink sink;

    TimedSink(ReplySink sink) {
      this.sink = sink;
    }

    @Override
    public void whenGone(Runnable hangUp) {
      sink.whenGone(hangUp);
    }

    @Override
    public boolean isStopped() {
      return sink.isStopped();
    }

    @Override
    public void announce(LimitStanding standing) {
      sink.announce(standing);
    }

    @Override
    public void awaitReply() {
      sink.awaitReply();
    }

    @Override
    public void announce(ModelName standIn) {
      sink.announce(standIn);
    }

    @Override
    public int statusOf(UpstreamFailure failure) {
      return sink.statusOf(failure);
    }

    @Override
    public void open(ReplyHead head) {
      timeToFirstByte = elapsed();
      sink.open(head);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      sink.write(bytes, offset, length);
    }

    @Override
    public void end(byte[] rest) {
      sink.end(rest);
    }

    @Override
    public void fail(UpstreamFailure failure) {
      sink.fail(failure);
    }
  }
}
