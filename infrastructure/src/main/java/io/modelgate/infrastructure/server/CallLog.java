package io.modelgate.infrastructure.server;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What is known of one request, gathered on its way, written as one line and counted at its end.
 * Lives in the request's context; used by the request's thread alone. Takes names and numbers only:
 * never a prompt, a reply, or any part of a key.
 */
public final class CallLog {
  private static final Logger LOG = LoggerFactory.getLogger("io.modelgate.calls");
  private static final HeaderName PROCESSING_MS = HeaderNames.create("openai-processing-ms");
  private static final HeaderName OVERHEAD_US = HeaderNames.create("x-modelgate-overhead-us");
  private static final int LONGEST_VALUE = 300;

  /** As nginx has it. */
  static final int CLIENT_GONE = 499;

  /** How the gateway's own keys begin; some clients put theirs into a path, or for a model. */
  private static final String KEY_START = "sk-mg-";

  private static final Pattern KEY = Pattern.compile(KEY_START + "[A-Za-z0-9_-]+");

  private final String requestId;
  private final @Nullable InetAddress clientAddress;
  private final long startedNanos = System.nanoTime();
  private Duration upstreamWait = Duration.ZERO;
  private @Nullable Integer cutOff;
  private @Nullable String rule;
  private @Nullable SentCall sent;
  private @Nullable Duration overhead;
  private final Map<String, Object> fields = new LinkedHashMap<>();

  CallLog(String requestId, @Nullable InetAddress clientAddress) {
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

  /** Whose request it is, as far as it can be believed; null when nobody can tell. */
  public @Nullable InetAddress clientAddress() {
    return clientAddress;
  }

  /**
   * Says how much of the time until the reply's head was the backend's; none, until this is called.
   */
  public void waitedForUpstream(Duration wait) {
    upstreamWait = wait;
  }

  /** Says that nobody was there any more for the reply: it counts as 499, as nginx has it. */
  public void clientIsGone() {
    cutOff = CLIENT_GONE;
  }

  /**
   * Says that the connection ended before the request was answered.
   *
   * @param status that it counts as
   */
  void cutOff(int status) {
    cutOff = status;
  }

  /**
   * Says that a rule turned the request away.
   *
   * @param byRule its name, one of a few
   */
  public void refused(String byRule) {
    rule = byRule;
    put("outcome", "refused");
    put("rule", byRule);
  }

  /** Says what became of a call that was sent to a backend. */
  public void sent(SentCall call) {
    sent = call;
    put("outcome", call.outcome());
    put("backend", call.backend());
    put("prompt_tokens", call.usage().tokens().prompt());
    put("completion_tokens", call.usage().tokens().completion());
    put("usage_source", call.usage().source().wireName());
  }

  /** The rule that turned the request away, if one did. */
  @Nullable String rule() {
    return rule;
  }

  /** What became of the call, if it was sent somewhere. */
  @Nullable SentCall sent() {
    return sent;
  }

  /** What was not waiting for the backend of the time until the reply's head; null before that. */
  @Nullable Duration overhead() {
    return overhead;
  }

  /** Tells the client where the time went; right before the head is sent. */
  void stamp(ServerResponse response) {
    long elapsed = System.nanoTime() - startedNanos;
    overhead = Duration.ofNanos(Math.max(0, elapsed - upstreamWait.toNanos()));
    long micros = TimeUnit.NANOSECONDS.toMicros(overhead.toNanos());
    response.header(PROCESSING_MS, Long.toString(TimeUnit.NANOSECONDS.toMillis(elapsed)));
    response.header(OVERHEAD_US, Long.toString(micros));
    put("overhead_us", micros);
  }

  /**
   * Adds a field to the line.
   *
   * @param name lower case with underscores
   * @param value control characters are replaced, long values cut, and API keys taken out
   */
  public void put(String name, String value) {
    fields.put(name, plain(value));
  }

  public void put(String name, long value) {
    fields.put(name, value);
  }

  /** The request has been answered. */
  void end(String route, ServerRequest request, ServerResponse response, CallMeters meters) {
    int status = cutOff != null ? cutOff : response.status().code();
    meters.ended(route, request.prologue().method().text(), status, this);
    write(route, status, request, response);
  }

  private void write(String route, int status, ServerRequest request, ServerResponse response) {
    String path = pathOf(request.prologue().uriPath().rawPath());
    boolean probe = route.equals(RouteLabel.METRICS) ? status < 400 : path.startsWith("/health");
    var line =
        LOG.atLevel(probe ? Level.DEBUG : Level.INFO)
            .addKeyValue("request_id", requestId)
            .addKeyValue("method", plain(request.prologue().method().text()))
            .addKeyValue("path", plain(path))
            .addKeyValue("status", status)
            .addKeyValue(
                "client_ip", clientAddress == null ? "unknown" : clientAddress.getHostAddress());
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
    String open =
        value.contains(KEY_START) ? KEY.matcher(value).replaceAll(KEY_START + "…") : value;
    String shown = open.length() > LONGEST_VALUE ? open.substring(0, LONGEST_VALUE) + "…" : open;
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
