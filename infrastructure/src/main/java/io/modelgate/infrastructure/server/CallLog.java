package io.modelgate.infrastructure.server;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What is known of one request, gathered on its way and written as one line at its end. Lives in
 * the request's context; used by the request's thread alone. Takes names and numbers only: never a
 * prompt, a reply, or any part of a key.
 */
public final class CallLog {
  private static final Logger LOG = LoggerFactory.getLogger("io.modelgate.calls");
  private static final HeaderName PROCESSING_MS = HeaderNames.create("openai-processing-ms");
  private static final HeaderName OVERHEAD_US = HeaderNames.create("x-modelgate-overhead-us");
  private static final int LONGEST_VALUE = 300;
  private static final int CLIENT_GONE = 499;

  private final String requestId;
  private final String clientAddress;
  private final long startedNanos = System.nanoTime();
  private Duration upstreamWait = Duration.ZERO;
  private boolean clientGone;
  private final Map<String, Object> fields = new LinkedHashMap<>();

  CallLog(String requestId, String clientAddress) {
    this.requestId = requestId;
    this.clientAddress = clientAddress;
  }

  /** The one of this request. */
  public static CallLog of(ServerRequest request) {
    return request
        .context()
        .get(CallLog.class)
        .orElseThrow(() -> new IllegalStateException("the call filter comes before every handler"));
  }

  /** The client's own id when it was sane, else one of ours. */
  public String requestId() {
    return requestId;
  }

  /**
   * Says how much of the time until the reply's head was the backend's; none, until this is called.
   */
  public void waitedForUpstream(Duration wait) {
    upstreamWait = wait;
  }

  /** Says that nobody was there any more for the reply: it counts as 499, as nginx has it. */
  public void clientIsGone() {
    clientGone = true;
  }

  /** Tells the client where the time went; right before the head is sent. */
  void stamp(ServerResponse response) {
    long elapsed = System.nanoTime() - startedNanos;
    long overhead = TimeUnit.NANOSECONDS.toMicros(Math.max(0, elapsed - upstreamWait.toNanos()));
    response.header(PROCESSING_MS, Long.toString(TimeUnit.NANOSECONDS.toMillis(elapsed)));
    response.header(OVERHEAD_US, Long.toString(overhead));
    put("overhead_us", overhead);
  }

  /**
   * Adds a field to the line.
   *
   * @param name lower case with underscores
   * @param value control characters are replaced and long values cut
   */
  public void put(String name, String value) {
    fields.put(name, plain(value));
  }

  public void put(String name, long value) {
    fields.put(name, value);
  }

  void write(ServerRequest request, ServerResponse response) {
    String path = pathOf(request.prologue().uriPath().rawPath());
    var line =
        LOG.atLevel(path.startsWith("/health") ? Level.DEBUG : Level.INFO)
            .addKeyValue("request_id", requestId)
            .addKeyValue("method", plain(request.prologue().method().text()))
            .addKeyValue("path", plain(path))
            .addKeyValue("status", clientGone ? CLIENT_GONE : response.status().code())
            .addKeyValue("client_ip", clientAddress);
    for (var field : fields.entrySet()) {
      line = line.addKeyValue(field.getKey(), field.getValue());
    }
    line.addKeyValue("duration_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos))
        .addKeyValue("bytes_out", response.bytesWritten())
        .log("call");
  }

  /** The line of a request that reached no handler: nothing more is known of it. */
  static void writeRefused(String requestId, String method, String path, int status) {
    LOG.atInfo()
        .addKeyValue("request_id", requestId)
        .addKeyValue("method", plain(method))
        .addKeyValue("path", plain(pathOf(path)))
        .addKeyValue("status", status)
        .log("call");
  }

  /** Of a whole URI, which may carry credentials, the path alone. */
  private static String pathOf(String asked) {
    int authority = asked.indexOf("://");
    if (asked.startsWith("/") || authority < 0) {
      return asked;
    }
    int path = asked.indexOf('/', authority + "://".length());
    return path < 0 ? "/" : asked.substring(path);
  }

  private static String plain(String value) {
    String shown = value.length() > LONGEST_VALUE ? value.substring(0, LONGEST_VALUE) + "…" : value;
    StringBuilder plain = null;
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      if (Character.isISOControl(c) || c == '"' || c == '\u2028' || c == '\u2029') {
        plain = plain == null ? new StringBuilder(shown) : plain;
        plain.setCharAt(i, '?');
      }
    }
    return plain == null ? shown : plain.toString();
  }
}
