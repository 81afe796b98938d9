package io.modelgate.infrastructure.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connection that the server ends open for a moment and throws away what still arrives, so
 * that a client that is busy sending gets to read why it was turned away. Closing at once would
 * answer its next bytes with a reset, which also destroys the answer.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-9.6">RFC 9112, 9.6: tear-down</a>
 */
final class LingeringClose implements ServerConnectionSelector {
  private static final Duration LONGEST = Duration.ofSeconds(1);
  private static final long MOST_BYTES = 8L * 1024 * 1024;

  private final ServerConnectionSelector http1;
  private final ScheduledExecutorService timer;
  private final OpenConnections connections;
  private final @Nullable TlsIdentity tls;

  /**
   * Lingers after what another selector's connections leave behind.
   *
   * @param timer ends a wait that takes too long
   * @param tls what to show to clients; null to speak without TLS
   */
  LingeringClose(
      ServerConnectionSelector http1,
      ScheduledExecutorService timer,
      OpenConnections connections,
      @Nullable TlsIdentity tls) {
    this.http1 = http1;
    this.timer = timer;
    this.connections = connections;
    this.tls = tls;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http1.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http1.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    var arrival = connections.claim(context.serverSocket());
    HelidonSocket socket =
        tls == null
            ? context.serverSocket()
            : tls.over(arrival.channel(), context.childSocketId(), context.socketId());
    var client = new ClientConnection(socket, arrival, connections);
    connections.add(client);
    return new Connection(http1.connection(new WatchedContext(context, socket, client)), client);
  }

  private final class Connection implements ServerConnection, InterruptableTask<Void> {
    private final ServerConnection served;
    private final ClientConnection client;

    Connection(ServerConnection served, ClientConnection client) {
      this.served = served;
      this.client = client;
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
      try {
        ScopedValue.where(ClientConnection.CURRENT, client)
            .call(
                () -> {
                  served.handle(limit);
                  return client;
                });
        drain();
      } catch (BodyLeftUnread e) {
        drain();
        throw e;
      } finally {
        client.close();
        connections.remove(client);
      }
    }

    /**
     * Interrupting a thread that reads closes its socket, which is what is wanted when the time is
     * up.
     */
    private void drain() {
      Thread reader = Thread.currentThread();
      Future<?> alarm;
      try {
        alarm = timer.schedule(reader::interrupt, LONGEST.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException _) {
        return; // The server has stopped.
      }
      try {
        long drained = 0;
        byte[] bytes = client.discard();
        while (bytes != null && drained < MOST_BYTES) {
          drained += bytes.length;
          bytes = client.discard();
        }
      } catch (RuntimeException _) {
        // The client closed, or the alarm rang: either way there is nobody left to wait for.
      } finally {
        alarm.cancel(false);
        Thread.interrupted();
      }
    }

    @Override
    public Duration idleTime() {
      return served.idleTime();
    }

    @Override
    public void close(boolean interrupt) {
      served.close(interrupt);
    }

    @Override
    public boolean canInterrupt() {
      return served instanceof InterruptableTask<?> task && task.canInterrupt();
    }
  }
}
