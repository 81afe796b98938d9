package io.modelgate.infrastructure.server;

import io.helidon.common.socket.HelidonSocket;
import io.modelgate.infrastructure.server.ConnectionMeters.Slow;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All connections of a listener, from the moment they are accepted. Lets in so many, and looks at
 * all of them now and then, for those whose time is up and for calls whose client may have gone: a
 * request costs no timer, only a look at the clock here and there. Thread-safe.
 */
final class OpenConnections {
  private static final Logger LOG = LoggerFactory.getLogger(OpenConnections.class);
  private static final Duration PACE = Duration.ofMillis(200);
  private static final int LOOKS_PER_LIMIT = 4;

  /** So many more are let in only to be told why they cannot stay. */
  private static final int TOLD_NO = 64;

  private final ConnectionLimits limits;
  private final ConnectionMeters meters;
  private final ProtocolErrors errors;
  private final AtomicInteger places = new AtomicInteger();
  private final Map<Ends, Arrival> arrivals = new ConcurrentHashMap<>();
  private final Set<ClientConnection> open = ConcurrentHashMap.newKeySet();

  private OpenConnections(ConnectionLimits limits, ConnectionMeters meters, ProtocolErrors errors) {
    this.limits = limits;
    this.meters = meters;
    this.errors = errors;
  }

  /** Looks round from now on, until the timer is shut down. */
  static OpenConnections on(
      ScheduledExecutorService timer,
      ConnectionLimits limits,
      ConnectionMeters meters,
      ProtocolErrors errors) {
    var connections = new OpenConnections(limits, meters, errors);
    long pace = connections.pace().toNanos();
    var _ = timer.scheduleWithFixedDelay(connections::lookRound, pace, pace, TimeUnit.NANOSECONDS);
    return connections;
  }

  private Duration pace() {
    Duration pace = PACE;
    for (Duration limit :
        new Duration[] {limits.head(), limits.body(), limits.idle(), limits.write()}) {
      Duration wanted = limit.dividedBy(LOOKS_PER_LIMIT);
      pace = wanted.compareTo(pace) < 0 ? wanted : pace;
    }
    return pace.isPositive() ? pace : Duration.ofMillis(1);
  }

  ConnectionLimits limits() {
    return limits;
  }

  ConnectionMeters meters() {
    return meters;
  }

  ProtocolErrors errors() {
    return errors;
  }

  /** The two ends of a connection, of which there is one at a time. */
  private record Ends(SocketAddress remote, SocketAddress local) {}

  /**
   * A connection that was accepted.
   *
   * @param nanos when, as {@link System#nanoTime()}
   * @param tooMany whether there is no place for it
   */
  record Arrival(SocketChannel channel, long nanos, boolean tooMany) {}

  /**
   * Called as soon as a connection is accepted, before any byte of it is read.
   *
   * @throws IllegalStateException when there are so many that this one must be closed at once
   */
  void arrive(SocketChannel channel) throws IOException {
    int place = places.incrementAndGet();
    meters.opened();
    if (place > limits.most()) {
      meters.refused();
    }
    try {
      if (place > limits.most() + TOLD_NO) {
        throw new IllegalStateException("too many connections");
      }
      arrivals.put(
          new Ends(channel.getRemoteAddress(), channel.getLocalAddress()),
          new Arrival(channel, System.nanoTime(), place > limits.most()));
    } catch (IOException | RuntimeException e) {
      giveUpPlace();
      throw e;
    }
  }

  /** The arrival that the server has begun to serve. */
  Arrival claim(HelidonSocket socket) {
    Arrival arrival =
        arrivals.remove(new Ends(socket.remotePeer().address(), socket.localPeer().address()));
    if (arrival == null) {
      throw new IllegalStateException("every connection arrives before it is served");
    }
    return arrival;
  }

  void add(ClientConnection connection) {
    open.add(connection);
  }

  void remove(ClientConnection connection) {
    open.remove(connection);
    giveUpPlace();
  }

  private void giveUpPlace() {
    places.decrementAndGet();
    meters.closed();
  }

  private void lookRound() {
    try {
      long now = System.nanoTime();
      arrivals.forEach((ends, arrival) -> lookAt(ends, arrival, now));
      open.forEach(connection -> connection.lookAt(now));
    } catch (RuntimeException e) {
      LOG.error("looking after connections failed", e);
    }
  }

  /** One that the server never began to serve, which may have many reasons. */
  private void lookAt(Ends ends, Arrival arrival, long now) {
    boolean late = now - arrival.nanos() > limits.head().toNanos();
    if ((late || !arrival.channel().isOpen()) && arrivals.remove(ends, arrival)) {
      giveUpPlace();
      if (late) {
        meters.timedOut(Slow.HEAD);
        closeQuietly(arrival.channel());
      }
    }
  }

  static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException _) {
      // What fails to close is closed.
    }
  }
}
