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
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.CallLog;
import io.modelgate.infrastructure.server.ClientConnection;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The caller's side of one call: a response of Helidon's server. For the request's thread alone.
 */
final class ResponseSink implements ReplySink {
  private static final HeaderName ACCEL_BUFFERING = HeaderNames.create("X-Accel-Buffering");

  /** The backend dropped the oldest messages: what the model saw is not what was sent. */
  private static final HeaderName PROMPT_TRUNCATED =
      HeaderNames.create("x-modelgate-prompt-truncated");

  private final ServerResponse response;
  private final ClientConnection client;
  private final CallLog call;
  private final ApiErrors errors;
  private @Nullable OutputStream out;

  ResponseSink(ServerResponse response, ClientConnection client, CallLog call, ApiErrors errors) {
    this.response = response;
    this.client = client;
    this.call = call;
    this.errors = errors;
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
  public int statusOf(UpstreamFailure failure) {
    return OpenAiErrors.of(failure).status();
  }

  @Override
  public void open(ReplyHead head) {
    response.status(Status.create(head.status()));
    response.header(HeaderNames.CONTENT_TYPE, head.contentType());
    if (head.contentType().startsWith("text/event-stream")) {
      response.header(ACCEL_BUFFERING, "no");
      response.header(HeaderNames.CACHE_CONTROL, "no-cache");
    }
    if (head.promptTruncated()) {
      response.header(PROMPT_TRUNCATED, "true");
      call.put("prompt_truncated", "true");
    }
    call.waitedForUpstream(head.upstreamWait());
  }

  /** Helidon holds a first chunk back until the next write or a flush. */
  @Override
  public void write(byte[] bytes, int offset, int length) {
    toClient(
        () -> {
          OutputStream stream = stream();
          stream.write(bytes, offset, length);
          stream.flush();
        });
  }

  @Override
  public void end(byte[] rest) {
    toClient(
        () -> {
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
    byte[] error = errors.json(OpenAiErrors.of(failure));
    toClient(
        () -> {
          OutputStream stream = stream();
          stream.write("data: ".getBytes(StandardCharsets.US_ASCII));
          stream.write(error);
          stream.write("\n\n".getBytes(StandardCharsets.US_ASCII));
          stream.close();
        });
  }

  private OutputStream stream() {
    OutputStream stream = out;
    if (stream == null) {
      stream = response.outputStream();
      out = stream;
    }
    return stream;
  }

  private static void toClient(Sending sending) {
    try {
      sending.send();
    } catch (IOException | UncheckedIOException | ServerConnectionException e) {
      throw new ClientGone(e);
    }
  }

  private interface Sending {
    void send() throws IOException;
  }
}
