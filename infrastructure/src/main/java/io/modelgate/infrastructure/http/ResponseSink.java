package io.modelgate.infrastructure.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.ReplySink;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.infrastructure.server.ApiError;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.CallLog;
import io.modelgate.infrastructure.server.ClientConnection;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The caller's side of one call: a response of Helidon's server. For the request's thread alone,
 * but for {@link #breakSilence}.
 */
final class ResponseSink implements ReplySink, AutoCloseable {
  private static final HeaderName ACCEL_BUFFERING = HeaderNames.create("X-Accel-Buffering");

  /** The backend dropped the oldest messages: what the model saw is not what was sent. */
  private static final HeaderName PROMPT_TRUNCATED =
      HeaderNames.create("x-modelgate-prompt-truncated");

  /** Which model replied, when it is not the one asked for. */
  private static final HeaderName STAND_IN = HeaderNames.create("x-modelgate-model");

  private final ServerResponse response;
  private final ClientConnection client;
  private final CallLog call;
  private final ApiErrors errors;
  private final boolean stream;
  private final KeepAlive keepAlive;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable OutputStream out;
  private boolean opened;
  private boolean ended;
  private volatile long lastWriteNanos = System.nanoTime();

  /**
   * Nothing sent yet.
   *
   * @param stream whether the client asked for one
   */
  ResponseSink(
      ServerResponse response,
      ClientConnection client,
      CallLog call,
      ApiErrors errors,
      boolean stream,
      KeepAlive keepAlive) {
    this.response = response;
    this.client = client;
    this.call = call;
    this.errors = errors;
    this.stream = stream;
    this.keepAlive = keepAlive;
  }

  @Override
  public void whenGone(Runnable hangUp) {
    client.whenGone(hangUp);
  }

  @Override
  public boolean isStopped() {
    return client.isStopped();
  }

  @Override
  public void announce(LimitStanding standing) {
    RateHeaders.put(response, standing);
  }

  @Override
  public void announce(ModelName standIn) {
    call.put("stand_in", standIn.value());
    if (!opened) {
      response.header(STAND_IN, standIn.value());
    }
  }

  /** A stream can be opened at once; what goes wrong from then on is an event, not a status. */
  @Override
  public void awaitReply() {
    if (stream && keepAlive.opensEarly()) {
      begin(200, "text/event-stream");
      write(KeepAlive.WORD, 0, KeepAlive.WORD.length);
    }
  }

  /** Once a reply has been opened, its status is out. */
  @Override
  public int statusOf(UpstreamFailure failure) {
    return opened ? response.status().code() : OpenAiErrors.of(failure).status();
  }

  @Override
  public void open(ReplyHead head) {
    if (head.promptTruncated()) {
      call.put("prompt_truncated", "true");
    }
    call.waitedForUpstream(head.upstreamWait());
    if (!opened) {
      if (head.promptTruncated()) {
        response.header(PROMPT_TRUNCATED, "true");
      }
      begin(head.status(), head.contentType());
    }
  }

  private void begin(int status, String contentType) {
    opened = true;
    response.status(Status.create(status));
    response.header(HeaderNames.CONTENT_TYPE, contentType);
    if (contentType.startsWith("text/event-stream")) {
      response.header(ACCEL_BUFFERING, "no");
      response.header(HeaderNames.CACHE_CONTROL, "no-cache");
      keepAlive.add(this);
    }
  }

  /** Whether the status and headers are set, or out. */
  boolean isOpen() {
    return opened;
  }

  /** Helidon holds a first chunk back until the next write or a flush. */
  @Override
  public void write(byte[] bytes, int offset, int length) {
    toClient(() -> writeNow(bytes, offset, length));
  }

  private void writeNow(byte[] bytes, int offset, int length) throws IOException {
    OutputStream body = body();
    body.write(bytes, offset, length);
    body.flush();
    lastWriteNanos = System.nanoTime();
  }

  boolean isSilentFor(Duration silence) {
    return System.nanoTime() - lastWriteNanos >= silence.toNanos();
  }

  /**
   * Writes a comment if a stream has been silent for so long; between events, for those are written
   * whole. On another thread; blocks as long as the client does not read. Never throws.
   */
  void breakSilence(Duration silence) {
    if (!lock.tryLock()) {
      return; // then it is not silent
    }
    try {
      if (out != null && !ended && isSilentFor(silence)) {
        writeNow(KeepAlive.WORD, 0, KeepAlive.WORD.length);
      }
    } catch (IOException | UncheckedIOException | ServerConnectionException _) {
      // The request's own thread will find out.
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void end(byte[] rest) {
    toClient(
        () -> {
          ended = true;
          if (out == null) {
            response.send(rest);
          } else {
            out.write(rest);
            out.close();
          }
        });
  }

  @Override
  public void fail(UpstreamFailure failure) {
    fail(OpenAiErrors.of(failure));
  }

  /** Ends a stream that was opened with an error. */
  void fail(ApiError error) {
    byte[] json = errors.json(error);
    toClient(
        () -> {
          ended = true;
          OutputStream body = body();
          body.write("data: ".getBytes(StandardCharsets.US_ASCII));
          body.write(json);
          body.write("\n\n".getBytes(StandardCharsets.US_ASCII));
          body.close();
        });
  }

  /** Nothing is written any more. */
  @Override
  public void close() {
    keepAlive.remove(this);
    lock.lock();
    try {
      ended = true;
    } finally {
      lock.unlock();
    }
  }

  private OutputStream body() {
    OutputStream stream = out;
    if (stream == null) {
      stream = response.outputStream();
      out = stream;
    }
    return stream;
  }

  private void toClient(Sending sending) {
    lock.lock();
    try {
      sending.send();
    } catch (IOException | UncheckedIOException | ServerConnectionException e) {
      throw new ClientGone(e);
    } finally {
      lock.unlock();
    }
  }

  private interface Sending {
    void send() throws IOException;
  }
}
