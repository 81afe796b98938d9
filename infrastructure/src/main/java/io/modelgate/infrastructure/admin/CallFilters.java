package io.modelgate.infrastructure.admin;

import io.modelgate.application.port.CallRecords.Filter;
import io.modelgate.application.port.CallRecords.Statuses;
import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.routing.BackendKind;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads which calls are asked for. */
final class CallFilters {
  static final int LONGEST_TEXT = 200;
  private static final int LONGEST_KEY = 64;
  private static final Pattern STATUS = Pattern.compile("[1-5](xx|[0-9]{2})");
  private static final long LONGEST_CALL_MS = Duration.ofDays(365).toMillis();
  private static final List<String> OUTCOMES =
      Stream.concat(
              Arrays.stream(Ending.values()).map(Ending::wireName), Stream.of(RefusedCall.OUTCOME))
          .toList();

  private CallFilters() {}

  /**
   * Reads all of them.
   *
   * @param only the key that alone may be seen; null for all
   */
  static Filter of(Query query, @Nullable KeyId only, Instant now) {
    String requestId = query.text("request_id", LONGEST_TEXT);
    Query.Range range =
        requestId == null ? query.range(ZoneOffset.UTC, now) : query.openRange(ZoneOffset.UTC, now);
    Long slowerThan = query.number("min_duration_ms", 0, LONGEST_CALL_MS);
    return new Filter(
        range.from(),
        range.to(),
        Confinement.key(query, only),
        query.text("model", LONGEST_TEXT),
        backend(query),
        status(query),
        query.oneOf("outcome", OUTCOMES, Function.identity()),
        slowerThan == null ? null : Duration.ofMillis(slowerThan),
        requestId);
  }

  static @Nullable KeyId key(Query query) {
    String key = query.text("key", LONGEST_KEY);
    return key == null ? null : new KeyId(key);
  }

  static @Nullable BackendKind backend(Query query) {
    return query.oneOf("backend", List.of(BackendKind.values()), BackendKind::wireName);
  }

  private static @Nullable Statuses status(Query query) {
    String status = query.text("status", 3);
    if (status == null) {
      return null;
    }
    if (!STATUS.matcher(status).matches()) {
      throw Rejected.field("status", "'status' is a status such as 429, or 2xx, 4xx or 5xx");
    }
    if (status.endsWith("xx")) {
      int hundreds = 100 * (status.charAt(0) - '0');
      return new Statuses(hundreds, hundreds + 99);
    }
    return new Statuses(Integer.parseInt(status), Integer.parseInt(status));
  }
}
