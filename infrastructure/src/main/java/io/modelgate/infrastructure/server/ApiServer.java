package io.modelgate.infrastructure.server;

import io.helidon.common.context.Context;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listener, with the answers to what no endpoint answers. Thread-safe. */
public final class ApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

  /** For calls that are told to end. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(3);

  /** From the arrival of a request to its handler. */
  private static final Duration ARRIVAL = Duration.ofMillis(250);

  /** Idle connections are ended by {@link OpenConnections}. */
  private static final Duration NEVER = Duration.ofDays(365);

  private final WebServer server;
  private final ScheduledExecutorService timer;
  private final RunningCalls running;
  private final Duration grace;
  private volatile boolean cutCalls;

  private ApiServer(
      WebServer server, ScheduledExecutorService timer, RunningCalls running, Duration grace) {
    this.server = server;
    this.timer = timer;
    this.running = running;
    this.grace = grace;
  }

  /**
   * Binds and begins to answer.
   *
   * @param metrics counts every request; one for all listeners
   * @param endpoints adds the services; requests that none of them takes are answered with 404
   * @throws IllegalStateException when the address cannot be bound
   */
  public static ApiServer start(
      ServerSettings settings,
      ApiErrors errors,
      Metrics metrics,
      Consumer<HttpRouting.Builder> endpoints) {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("connections").factory());
    var running = new RunningCalls();
    HttpRouting.Builder routing =
        HttpRouting.builder()
            .addFilter(
                new CallFilter(
                    running, metrics.calls(), new ClientAddresses(settings.trustedProxies())))
            .error(CloseConnectionException.class, (_, _, e) -> rethrow(e))
            .error(ServerConnectionException.class, (_, _, e) -> rethrow(e))
            .error(
                HttpException.class, (request, response, e) -> answer(errors, request, response, e))
            .error(
                Throwable.class, (request, response, e) -> answerBug(errors, request, response, e));
    if (!settings.corsOrigins().isEmpty()) {
      routing.addFilter(new Cors(settings.corsOrigins()));
    }
    endpoints.accept(routing);
    Context context = Context.create();
    context.register(settings.wrongKeys());
    routing.any((request, response) -> answerUnknownPath(errors, request, response));

    var refusals = new ProtocolErrors(errors, settings.maxBodyBytes(), metrics.calls());
    var connections =
        OpenConnections.on(timer, settings.connections(), metrics.connections(), refusals);
    // Wider than what RequestHead lets through.
    var http1 =
        Http1Config.builder().maxHeadersSize(64 * 1024).maxPrologueLength(16 * 1024).build();
    WebServer server =
        WebServer.builder()
            .listenerContext(context)
            .host(settings.host())
            .port(settings.port())
            .maxPayloadSize(settings.maxBodyBytes())
            .shutdownGracePeriod(settings.shutdownGrace().plus(LAST_WORDS.multipliedBy(2)))
            .shutdownHook(false)
            .contentEncoding(new PlainBodies())
            .connectionOptions(new AcceptedSockets(connections))
            .idleConnectionTimeout(NEVER)
            .putListenerSocketOption(StandardSocketOptions.SO_RCVBUF, 256 * 1024)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(
                new LingeringClose(
                    Http1ConnectionSelector.builder().config(http1).build(),
                    timer,
                    connections,
                    settings.tls()))
            .directHandlers(protocolErrors(refusals))
            .routing(routing)
            .build();
    try {
      tryAddress(settings);
      server.start();
      if (!server.isRunning()) {
        throw new IllegalStateException("the listener did not start");
      }
      return new ApiServer(server, timer, running, settings.shutdownGrace());
    } catch (RuntimeException e) {
      timer.shutdownNow();
      throw new IllegalStateException(
          "cannot listen on " + settings.host() + ":" + settings.port() + ": " + rootMessage(e), e);
    }
  }

  /** Binds once and lets go: Helidon's own start only logs that it failed, and returns. */
  private static void tryAddress(ServerSettings settings) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(settings.host()), settings.port()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port that is listened on. */
  public int port() {
    return server.port();
  }

  /** Goes on accepting, but from now on each reply says that it is its connection's last. */
  public void announceEnd() {
    running.beLast();
  }

  /** Whether {@link #close()} had to end calls. */
  public boolean hasCutCalls() {
    return cutCalls;
  }

  /**
   * Accepts no more, closes the connections that rest, lets running calls finish for the grace
   * period and then ends them: their clients are told. Blocks; idempotent.
   */
  @Override
  public void close() {
    running.beLast();
    Thread stopping = Thread.ofPlatform().name("listener-stop").start(server::stop);
    try {
      finishOrStop(stopping);
      // Helidon waits for silent connections as well as for calls; interrupting it ends both. Such
      // calls still charge and log what they used.
      stopping.interrupt();
      if (!stopping.join(LAST_WORDS) || !running.awaitNone(LAST_WORDS)) {
        LOG.warn("some calls did not end and are not in the log");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      timer.shutdownNow();
    }
  }

  private void finishOrStop(Thread stopping) throws InterruptedException {
    long over = System.nanoTime() + grace.toNanos();
    boolean finished = running.awaitNone(grace);
    while (finished && !stopping.join(ARRIVAL)) {
      if (running.awaitNone(Duration.ZERO)) {
        return; // who is left says nothing
      }
      finished = running.awaitNone(Duration.ofNanos(over - System.nanoTime()));
    }
    if (!finished) {
      cutCalls = true;
      LOG.warn(
          "calls that outlasted the grace of {} ms are ended: {}",
          grace.toMillis(),
          running.stop());
      boolean _ = running.awaitNone(LAST_WORDS);
    }
  }

  private static DirectHandlers protocolErrors(ProtocolErrors handler) {
    var handlers = DirectHandlers.builder();
    for (EventType type : EventType.values()) {
      handlers.addHandler(type, handler);
    }
    return handlers.build();
  }

  private static void rethrow(RuntimeException e) {
    throw e;
  }

  private static void answer(
      ApiErrors errors, ServerRequest request, ServerResponse response, HttpException e) {
    int status = e.status().code();
    if (status >= 500) {
      errors.send(
          request,
          response,
          new ApiError(
              status, "The gateway could not handle the request.", "server_error", null, null));
    } else {
      errors.send(
          request,
          response,
          ApiError.invalidRequest(
              status, "The request cannot be handled: " + e.status().reasonPhrase() + "."));
    }
  }

  private static void answerBug(
      ApiErrors errors, ServerRequest request, ServerResponse response, Throwable e) {
    if (e instanceof UncheckedIOException) {
      throw new CloseConnectionException("the client's connection failed", e);
    }
    String requestId = CallLog.of(request).requestId();
    LOG.error("request {} failed", requestId, e);
    errors.send(
        request,
        response,
        new ApiError(
            500,
            "The gateway failed. Its log knows more under request id " + requestId + ".",
            "server_error",
            null,
            null));
  }

  private static void answerUnknownPath(
      ApiErrors errors, ServerRequest request, ServerResponse response) {
    String asked =
        request.prologue().method().text() + " " + request.prologue().uriPath().rawPath();
    errors.refuse(
        request,
        response,
        ApiError.invalidRequest(
            404,
            "There is nothing at "
                + asked
                + ". The API is under /v1, the administration under /admin."));
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
