package io.modelgate.application.port;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Driven port: carries one call to one backend. Implementations are thread-safe and block the
 * calling thread, never without a timeout.
 */
public interface Upstream {
  /**
   * The kinds of backend that can be called; a model on another kind is neither listed nor served.
   */
  Set<BackendKind> kinds();

  /**
   * All ways that a call to a model could go now, those that the settings add included.
   *
   * @param asked the name that the client used
   * @param route the model of that name, or one that stands in for it
   * @return empty when none of its targets is on one of {@link #kinds()}
   */
  List<Destination> destinations(ModelName asked, ModelRoute route);

  /**
   * How much the call would generate there: what its backend obeys of the bounds it names. Pure.
   *
   * @param to on one of {@link #kinds()}
   */
  OutputDemand demand(Destination to, ChatCall call);

  /**
   * How long a call to that model may take until its reply begins; and, counted from when it was
   * sent first, until when it may be sent again.
   */
  Duration patience(ModelRoute route);

  /**
   * Sends the call and relays the reply up to, but without, its end.
   *
   * @param to on one of {@link #kinds()}
   * @param budget how much may be generated; a stream that would go over it is ended. What it says
   *     to be spent of the time is missing to this
   * @param sink the caller's side; opened at most once, at the reply's first bytes, and <b>not
   *     ended</b>: this returns with the reply's last bytes held in {@link
   *     Delivery.Complete#end()}, so that the use case can settle and only then end it
   */
  Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink);

  /**
   * How it went. Whether a call may be tried again hangs on whether bytes have left, so each case
   * says so.
   */
  sealed interface Delivery {
    /**
     * The reply came whole; the sink is open and only {@code end} has not been sent.
     *
     * @param end of a stream its last event, else the whole body; owned by the receiver
     */
    record Complete(Metered usage, @SuppressWarnings("ArrayRecordComponent") byte[] end)
        implements Delivery {}

    /**
     * As {@link Complete}, but the stream was ended because its budget was; the backend has been
     * told by closing the connection.
     *
     * @param end what ends the stream well, with finish reason {@code length}
     */
    record CutShort(Metered usage, @SuppressWarnings("ArrayRecordComponent") byte[] end)
        implements Delivery {}

    /** The sink is open and bytes have left; never to be tried again. */
    record BrokenOff(Metered soFar, UpstreamFailure failure) implements Delivery {}

    /** The sink is untouched. */
    record NoReply(UpstreamFailure failure) implements Delivery {}

    /** The client hung up; the backend has been told by closing the connection. */
    record Abandoned(Metered soFar) implements Delivery {}
  }
}
