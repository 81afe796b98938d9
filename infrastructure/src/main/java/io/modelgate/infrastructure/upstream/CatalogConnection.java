package io.modelgate.infrastructure.upstream;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.webclient.api.ClientConnection;
import java.time.Duration;

/**
 * A connection that carries one reply of bounded length and is closed after it. WebClient has no
 * bound of its own: it holds a chunk whole, however long the backend makes it.
 */
final class CatalogConnection implements ClientConnection {
  private final ClientConnection connection;
  private final DataReader reader;
  private final int mostBytes;
  private int bytes;

  /**
   * Over an open one.
   *
   * @param mostBytes of head and body together
   */
  CatalogConnection(ClientConnection connection, int mostBytes) {
    this.connection = connection;
    this.mostBytes = mostBytes;
    this.reader = DataReader.create(this::receive);
  }

  private byte[] receive() {
    byte[] received = connection.helidonSocket().get();
    if (received != null) { // null at the end
      bytes += received.length;
      if (bytes > mostBytes) {
        throw new TooLong(mostBytes);
      }
    }
    return received;
  }

  @Override
  public DataReader reader() {
    return reader;
  }

  @Override
  public DataWriter writer() {
    return connection.writer();
  }

  @Override
  public String channelId() {
    return connection.channelId();
  }

  @Override
  public HelidonSocket helidonSocket() {
    return connection.helidonSocket();
  }

  @Override
  public void readTimeout(Duration readTimeout) {
    connection.readTimeout(readTimeout);
  }

  @Override
  public void releaseResource() {
    connection.closeResource();
  }

  @Override
  public void closeResource() {
    connection.closeResource();
  }

  /** The backend says more than anybody wants to hear. */
  static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLong(int mostBytes) {
      super("a reply of over " + mostBytes + " bytes");
    }
  }
}
