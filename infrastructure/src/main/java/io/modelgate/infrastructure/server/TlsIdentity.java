package io.modelgate.infrastructure.server;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.TlsNioSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that a listener shows, and its key; both may change while it listens. Connections
 * keep what they were greeted with. Thread-safe.
 *
 * <p>Helidon's own TLS is not used: it looks up the name of every client before it greets it.
 */
public final class TlsIdentity {
  private static final Logger LOG = LoggerFactory.getLogger(TlsIdentity.class);

  private final TlsFiles files;
  private volatile TlsFiles.Contents contents;

  private TlsIdentity(TlsFiles files, TlsFiles.Contents contents) {
    this.files = files;
    this.contents = contents;
  }

  /**
   * Reads what the files hold now.
   *
   * @throws TlsUnusable when that will not do
   */
  public static TlsIdentity of(TlsFiles files) throws TlsUnusable {
    return new TlsIdentity(files, files.read());
  }

  /** What is to be read again when it changes. */
  public List<Path> files() {
    return files.all();
  }

  /** Reads the files again; when they will not do, what there was stays, and the log says why. */
  public void reload() {
    try {
      TlsFiles.Contents before = contents;
      contents = files.read();
      if (!contents.shown().equals(before.shown())) {
        LOG.info("TLS: new connections get the certificate now in {}", files.all().getFirst());
      }
    } catch (TlsUnusable e) {
      LOG.warn("TLS: the old certificate stays: {}", e.getMessage());
    }
  }

  /** A socket on a connection that nothing was read of; greets at the first read. */
  HelidonSocket over(SocketChannel channel, String channelId, String listenerId) {
    SSLEngine engine = contents.context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(files.minimum().protocols());
    return TlsNioSocket.server(channel, engine, channelId, listenerId);
  }
}
