package io.modelgate.infrastructure.client;

import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.infrastructure.lookout.Lookout;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * One connection to a backend, for one thread at a time. Blocking sockets, since virtual threads do
 * the waiting; every read, write and handshake has a deadline.
 */
final class Connection implements Closeable, Lookout.Waiting {
  private static final Lookout LOOKOUT = new Lookout("upstream-lookout");

  /** What an empty send buffer takes without waiting, on any kernel we know. */
  private static final int SURELY_BUFFERED = 4 * 1024;

  /** How much later than the reply a thread may notice that it has sent the whole request. */
  private static final Duration SCHEDULING = Duration.ofMillis(5);

  /** No instant that {@link System#nanoTime()} tells in this program's life. */
  private static final long NEVER = Long.MIN_VALUE;

  private static final long TOO_LATE = Long.MIN_VALUE + 1;

  private final Origin origin;
  private final Socket raw;
  private final InputStream in;
  private final OutputStream out;
  private final WireBuffer wire = new WireBuffer(this::readSocket);
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Until when a read waits; too late once it was ended. */
  private final AtomicLong readsUntil = new AtomicLong(NEVER);

  private Deadline deadline;
  private long waitedNanos;
  private boolean answered;
  private boolean sentWhole;
  private long idleSince;

  private Connection(Origin origin, Socket raw, Socket socket, Deadline deadline)
      throws IOException {
    this.origin = origin;
    this.raw = raw;
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
    this.deadline = deadline;
  }

  /**
   * Connects, over all addresses of the host in turn, and greets over TLS where the origin wants
   * that: the certificate must be trusted and name the host.
   *
   * @param addresses asked of the very address that is then connected to, so that a name that means
   *     something else a moment later changes nothing. Through a proxy it is the proxy's, and the
   *     proxy looks the name up
   * @throws CallFailed as {@link UpstreamFailure.Unreachable}, whatever went wrong
   */
  static Connection open(
      Origin origin,
      BackendAddresses addresses,
      Duration connectTimeout,
      SSLSocketFactory tls,
      Cancellation cancellation)
      throws CallFailed {
    long started = System.nanoTime();
    var deadline = Deadline.in(Phase.CONNECT, connectTimeout);
    Socket raw = new Socket();
    try {
      raw = connect(origin, addresses, deadline, cancellation);
      if (origin.proxy() != null) {
        Tunnel.open(raw, origin, deadline);
      }
      Socket socket = origin.tls() ? greet(raw, origin, tls, deadline) : raw;
      var connection = new Connection(origin, raw, socket, deadline);
      connection.waitedNanos = System.nanoTime() - started;
      LOOKOUT.add(connection);
      return connection;
    } catch (IOException e) {
      closeQuietly(raw);
      throw new CallFailed(
          new UpstreamFailure.Unreachable(
              "connecting to " + origin.hostAndPort() + ": " + words(e)));
    }
  }

  private static Socket connect(
      Origin origin, BackendAddresses addresses, Deadline deadline, Cancellation cancellation)
      throws IOException {
    if (!addresses.permits(origin.host())) {
      throw refused(origin.host());
    }
    Proxy proxy = origin.proxy();
    String host = proxy == null ? origin.host() : proxy.host();
    int port = proxy == null ? origin.port() : proxy.port();
    IOException last = new SocketTimeoutException("no address");
    for (InetAddress address : HostLookup.addresses(host, deadline, cancellation)) {
      if (!addresses.permits(address)) {
        last = refused(address.getHostAddress());
        continue;
      }
      var socket = new Socket();
      cancellation.use(socket);
      try {
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(address, port), deadline.remainingMillis());
        return socket;
      } catch (IOException e) {
        closeQuietly(socket);
        last = e;
      }
    }
    throw last;
  }

  private static IOException refused(String address) {
    return new IOException(
        address + " is an address that is not called (upstream.allowed-addresses can allow it)");
  }

  private static Socket greet(
      Socket raw, Origin origin, SSLSocketFactory factory, Deadline deadline) throws IOException {
    var socket = (SSLSocket) factory.createSocket(raw, origin.host(), origin.port(), true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    Watchdog.guard(raw, deadline, socket::startHandshake);
    return socket;
  }

  /**
   * Sends a request and waits for the head of its reply.
   *
   * @param request head and body, sent in one write; a long one may still be on its way when the
   *     head has come, see {@link #hasSentWhole}
   * @throws CallFailed as {@link UpstreamFailure.Unanswered} when the connection ended before any
   *     byte of a reply
   */
  HttpHead ask(byte[] request, Deadline head) throws CallFailed {
    deadline = head;
    answered = false;
    sentWhole = false;
    try {
      if (request.length <= SURELY_BUFFERED) {
        out.write(request);
        sentWhole = true;
        return HttpHeadReader.read(wire);
      }
      var sending = Sending.start(out, request);
      HttpHead reply = HttpHeadReader.read(wire);
      sentWhole = sending.isWholeWithin(SCHEDULING);
      return reply;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Whether the last request had gone out whole when the head of its reply came. */
  boolean hasSentWhole() {
    return sentWhole;
  }

  /**
   * Reads of a body what is there, waiting only when nothing is.
   *
   * @return how many bytes; -1 at the body's end
   */
  int read(BodyFraming framing, byte[] into, Deadline until) throws CallFailed {
    deadline = until;
    try {
      int taken = framing.take(wire, into, 0, into.length);
      while (taken == 0 && !framing.ended()) {
        if (!wire.fill()) {
          if (framing.endsWithConnection()) {
            return -1;
          }
          throw new IOException("the connection ended inside the reply");
        }
        taken = framing.take(wire, into, 0, into.length);
      }
      return taken == 0 ? -1 : taken;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private int readSocket(byte[] into, int offset, int length) throws IOException {
    long started = System.nanoTime();
    long until = deadline.endsAt();
    if (until - started <= 0 || !readsUntil.compareAndSet(NEVER, until)) {
      throw tooLate();
    }
    int read;
    try {
      read = in.read(into, offset, length);
    } catch (IOException e) {
      throw readsUntil.compareAndSet(until, NEVER) ? e : tooLate();
    } finally {
      waitedNanos += System.nanoTime() - started;
    }
    if (!readsUntil.compareAndSet(until, NEVER)) {
      throw tooLate();
    }
    answered |= read > 0;
    return read;
  }

  private static SocketTimeoutException tooLate() {
    return new SocketTimeoutException("the read took too long");
  }

  @Override
  public void lookAt(long now) {
    long until = readsUntil.get();
    if (until > TOO_LATE && now - until >= 0 && readsUntil.compareAndSet(until, TOO_LATE)) {
      close();
    }
  }

  private CallFailed failed(IOException e) {
    return switch (e) {
      case CallFailed failed -> failed;
      case SocketTimeoutException _ ->
          new CallFailed(new UpstreamFailure.TimedOut(deadline.phase(), deadline.allowed()));
      case IOException _ when answered -> new CallFailed(new UpstreamFailure.CutOff(words(e)));
      case IOException _ ->
          new CallFailed(
              new UpstreamFailure.Unanswered("calling " + origin.hostAndPort() + ": " + words(e)));
    };
  }

  private static String words(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  Origin origin() {
    return origin;
  }

  /** The backend's address as it may turn up in its own words. */
  String remoteAddress() {
    return raw.getInetAddress().getHostAddress() + ":" + raw.getPort();
  }

  /** How long this connection waited for the backend, since it was opened or last taken. */
  Duration waited() {
    return Duration.ofNanos(waitedNanos);
  }

  /** Whether more than the reply was read already. */
  boolean hasReadAhead() {
    return !wire.isEmpty();
  }

  /**
   * Whether something came that no request asked for; the next request would take it for its reply.
   */
  boolean hasLeftOver() {
    try {
      return !wire.isEmpty() || in.available() > 0;
    } catch (IOException _) {
      return true;
    }
  }

  /** Marks the time when nobody used it any more, on the scale of {@link System#nanoTime()}. */
  void rest(long now) {
    idleSince = now;
    waitedNanos = 0;
  }

  long idleSince() {
    return idleSince;
  }

  /**
   * Closes at once, from any thread: the TCP connection itself, for a TLS farewell could block on a
   * backend that does not read.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      LOOKOUT.remove(this);
      closeQuietly(raw);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // A socket that fails to close is closed.
    }
  }
}
