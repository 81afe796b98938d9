package io.modelgate.application.chat;

import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.Quotas.Settlement;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.ModelRoute;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The account of one call that was admitted: settled exactly once, however the call ends. For one
 * thread.
 */
final class CallLedger implements AutoCloseable {
  private final KeyId key;
  private final ModelRoute route;
  private final ChatCall call;
  private final Reservation reservation;
  private final Limits.Pass pass;
  private final Instant admitted;
  private final long admittedNanos = System.nanoTime();
  private @Nullable Duration timeToFirstByte;
  private boolean settled;

  CallLedger(
      KeyId key,
      ModelRoute route,
      ChatCall call,
      Reservation reservation,
      Limits.Pass pass,
      Instant admitted) {
    this.key = key;
    this.route = route;
    this.call = call;
    this.reservation = reservation;
    this.pass = pass;
    this.admitted = admitted;
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
            route.name().value(),
            route.upstreamName(),
            route.backend(),
            call.endpoint(),
            usage,
            stopped ? Ending.SHUT_DOWN : ending,
            status,
            call.body().stream(),
            timeToFirstByte,
            elapsed());
    return new SettledCall(route, record, reservation.settle(record) == Settlement.DURABLE);
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
