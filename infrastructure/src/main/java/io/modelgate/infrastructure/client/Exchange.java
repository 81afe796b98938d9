package io.modelgate.infrastructure.client;

import io.modelgate.domain.chat.UpstreamFailure.Phase;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * One reply being read. Its connection is closed with it, unless the reply was read to its end and
 * {@link #release} gave it back. For one thread.
 */
public final class Exchange implements AutoCloseable {
  /** How long the end of a body may follow its last event. */
  private static final Duration LINGER = Duration.ofMillis(50);

  private final Connection connection;
  private final HttpHead head;
  private final BodyFraming framing;
  private final ConnectionPool pool;
  private final Cancellation cancellation;

  /** Only errors may be: they count whatever is in them. */
  private final boolean coded;

  private boolean released;

  Exchange(Connection connection, HttpHead head, ConnectionPool pool, Cancellation cancellation)
      throws CallFailed {
    this.connection = connection;
    this.head = head;
    this.framing = head.framing();
    this.pool = pool;
    this.cancellation = cancellation;
    String coding = head.header("content-encoding");
    this.coded = coding != null && !coding.equalsIgnoreCase("identity");
    if (coded && head.status() < 300) {
      throw CallFailed.unintelligible("a compressed reply, though none was asked for");
    }
  }

  public int status() {
    return head.status();
  }

  public @Nullable String header(String name) {
    return head.header(name);
  }

  /** The media type in lower case, without parameters; empty when there is none. */
  public String mediaType() {
    String type = head.header("content-type");
    if (type == null) {
      return "";
    }
    int semicolon = type.indexOf(';');
    return (semicolon < 0 ? type : type.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
  }

  public String remoteAddress() {
    return connection.remoteAddress();
  }

  /** How long was waited for the backend in this exchange. */
  public Duration waited() {
    return connection.waited();
  }

  /**
   * Reads of the body what is there, waiting only when nothing is.
   *
   * @return how many bytes; -1 at the body's end
   */
  public int read(byte[] into, Deadline deadline) throws CallFailed {
    return connection.read(framing, into, deadline);
  }

  /**
   * Reads the body to its end. That of an error is unpacked, where a backend has packed it although
   * it was asked not to.
   *
   * @param most how many bytes it may have
   * @param deadline for all of it
   */
  public byte[] readWhole(int most, Deadline deadline) throws CallFailed {
    var body = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 * 1024];
    for (int read = read(buffer, deadline); read >= 0; read = read(buffer, deadline)) {
      body.write(buffer, 0, read);
      if (body.size() > most) {
        throw CallFailed.unintelligible("a reply of over " + most + " bytes");
      }
    }
    return coded ? unpacked(body.toByteArray(), most) : body.toByteArray();
  }

  private static byte[] unpacked(byte[] packed, int most) throws CallFailed {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      byte[] plain = in.readNBytes(most + 1);
      if (plain.length > most) {
        throw CallFailed.unintelligible("a reply of over " + most + " bytes");
      }
      return plain;
    } catch (IOException _) {
      throw CallFailed.unintelligible("a compressed reply that is no gzip");
    }
  }

  /**
   * Gives the connection back when the reply was read to its end, the request had gone out whole,
   * and the backend keeps it open. Of a reply whose end may be a moment away, another thread waits
   * for that end: the client does not.
   */
  public void release() {
    released = true;
    cancellation.finish();
    if (framing.ended() || framing.endsWithConnection() || !isReusable()) {
      give();
    } else {
      Thread.ofVirtual().name("upstream-linger").start(this::linger);
    }
  }

  private void linger() {
    byte[] unwanted = new byte[1024];
    var deadline = Deadline.in(Phase.SILENCE, LINGER);
    try {
      int read = read(unwanted, deadline);
      while (read >= 0) {
        read = read(unwanted, deadline);
      }
    } catch (CallFailed _) {
      // Then it is closed below, and nobody misses it.
    }
    give();
  }

  private void give() {
    if (framing.ended() && isReusable() && !connection.hasReadAhead()) {
      pool.give(connection);
    } else {
      connection.close();
    }
  }

  private boolean isReusable() {
    return head.keepsAlive() && connection.hasSentWhole();
  }

  @Override
  public void close() {
    if (!released) {
      connection.close();
    }
  }
}
