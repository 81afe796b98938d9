package io.modelgate.infrastructure.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.infrastructure.server.CallLog;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The two headers that tell where a call's time went until its reply began. */
final class ReplyTimes {
  private static final HeaderName PROCESSING_MS = HeaderNames.create("openai-processing-ms");
  private static final HeaderName OVERHEAD_US = HeaderNames.create("x-modelgate-overhead-us");

  private ReplyTimes() {}

  /**
   * Sets both; right before the head is sent.
   *
   * @param upstreamWait the part of the time that was the backend's
   */
  static void stamp(ServerResponse response, CallLog call, Duration upstreamWait) {
    long elapsed = call.elapsedNanos();
    long overhead = Math.max(0, elapsed - upstreamWait.toNanos());
    response.header(PROCESSING_MS, Long.toString(TimeUnit.NANOSECONDS.toMillis(elapsed)));
    response.header(OVERHEAD_US, Long.toString(TimeUnit.NANOSECONDS.toMicros(overhead)));
    call.put("overhead_us", TimeUnit.NANOSECONDS.toMicros(overhead));
  }
}
