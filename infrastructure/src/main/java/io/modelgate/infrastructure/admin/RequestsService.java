package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.CallRecords;
import io.modelgate.application.port.CallRecords.Filter;
import io.modelgate.application.port.CallRecords.KeptAttempt;
import io.modelgate.application.port.CallRecords.KeptCall;
import io.modelgate.application.port.CallRecords.Page;
import io.modelgate.application.port.CallRecords.Position;
import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.server.ApiError;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/requests} and {@code /requests.csv}: the log of calls. */
final class RequestsService implements HttpService {
  private static final Set<String> FILTERS =
      Set.of(
          "from",
          "to",
          "key",
          "model",
          "backend",
          "status",
          "outcome",
          "min_duration_ms",
          "request_id");
  private static final Set<String> FILTERS_AND_PAGES = andPages();

  /** How many lines of a table are read together: each costs some 700 bytes meanwhile. */
  private static final int LINES_AT_ONCE = 1_000;

  private static final String[] COLUMNS = {
    "id",
    "time",
    "request_id",
    "key_id",
    "key_name",
    "model",
    "upstream_model",
    "backend",
    "endpoint",
    "stream",
    "status",
    "outcome",
    "refusal",
    "usage_source",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "time_to_first_byte_ms",
    "duration_ms",
    "waited_ms",
    "failed_attempts"
  };

  private final AdminGate gate;
  private final CallRecords records;
  private final ApiKeys keys;
  private final InstantSource clock;

  RequestsService(AdminGate gate, CallRecords records, ApiKeys keys, InstantSource clock) {
    this.gate = gate;
    this.records = records;
    this.keys = keys;
    this.clock = clock;
  }

  private static Set<String> andPages() {
    var all = new HashSet<>(FILTERS);
    all.add("limit");
    all.add("after");
    return Set.copyOf(all);
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/requests", gate.openToHolders(this::list))
        .any("/requests", gate.allowing("GET"))
        .get("/requests.csv", gate.openToHolders(this::export))
        .any("/requests.csv", gate.allowing("GET"))
        .get("/requests/{id}", gate.openToHolders(this::show))
        .any("/requests/{id}", gate.allowing("GET"));
  }

  private void list(ServerRequest request, ServerResponse response) {
    KeyId only = Login.of(request).confinedTo();
    Query query = Query.of(request, FILTERS_AND_PAGES);
    Filter filter = CallFilters.of(query, only, clock.instant());
    Page page = records.page(filter, position(query.after()), query.limit());
    ObjectNode json = AdminReplies.object();
    ArrayNode data = json.putArray("data");
    page.calls().forEach(call -> put(data.addObject(), call, only == null));
    Position next = page.next();
    json.put("next", next == null ? null : Cursor.create().with(next.number()).text());
    AdminReplies.send(request, response, Status.OK_200, json);
  }

  private static @Nullable Position position(@Nullable Cursor after) {
    return after == null ? null : new Position(after.number(0));
  }

  private void show(ServerRequest request, ServerResponse response) {
    KeyId only = Login.of(request).confinedTo();
    Query _ = Query.of(request, Set.of());
    KeptCall call =
        byId(request.path().pathParameters().get("id"))
            .filter(found -> only == null || found.key().equals(only))
            .orElseThrow(
                () -> new Rejected(ApiError.invalidRequest(404, "there is no call of this id")));
    AdminReplies.send(
        request, response, Status.OK_200, put(AdminReplies.object(), call, only == null));
  }

  private Optional<KeptCall> byId(String id) {
    try {
      return records.byNumber(Long.parseLong(id));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private void export(ServerRequest request, ServerResponse response) {
    KeyId only = Login.of(request).confinedTo();
    Query query = Query.of(request, FILTERS);
    Instant now = clock.instant();
    Filter filter = CallFilters.of(query, only, now);
    // Before anything is sent, so that what cannot be read is still a status.
    Page first = records.page(filter, null, LINES_AT_ONCE);
    Csv.send(response, "modelgate-requests.csv", COLUMNS, csv -> writeAll(first, filter, csv));
  }

  /** Page by page: a slow client holds up no transaction, and no more than a page is in memory. */
  private void writeAll(Page first, Filter filter, Csv csv) throws IOException {
    for (Page page = first; ; ) {
      for (KeptCall call : page.calls()) {
        write(call, csv);
      }
      Position next = page.next();
      if (next == null) {
        return;
      }
      page = records.page(filter, next, LINES_AT_ONCE);
    }
  }

  private void write(KeptCall call, Csv csv) throws IOException {
    csv.number(call.number())
        .text(call.time().toString())
        .text(call.requestId())
        .text(call.key().value())
        .text(keyName(call))
        .text(call.model())
        .text(call.upstreamModel())
        .text(call.backend())
        .text(call.endpoint())
        .text(Boolean.toString(call.stream()))
        .number(call.status())
        .text(call.outcome())
        .text(call.refusal())
        .text(call.usageSource())
        .number(call.tokens().prompt())
        .number(call.tokens().completion())
        .number(call.tokens().total())
        .number(call.tokens().cached())
        .number(call.tokens().reasoning())
        .number(millis(call.timeToFirstByte()))
        .number(millis(call.duration()))
        .number(millis(call.waited()))
        .number(call.failedAttempts().size())
        .endLine();
  }

  private @Nullable String keyName(KeptCall call) {
    return keys.byId(call.key()).map(key -> key.terms().name()).orElse(null);
  }

  /** {@code forAdmin}: others are not told where backends are. */
  private ObjectNode put(ObjectNode json, KeptCall call, boolean forAdmin) {
    json.put("id", Long.toString(call.number()))
        .put("time", call.time().toString())
        .put("request_id", call.requestId())
        .put("key_id", call.key().value())
        .put("key_name", keyName(call))
        .put("model", call.model())
        .put("upstream_model", call.upstreamModel())
        .put("backend", call.backend())
        .put("base_url", forAdmin ? call.baseUrl() : null)
        .put("endpoint", call.endpoint())
        .put("stream", call.stream())
        .put("status", call.status())
        .put("outcome", call.outcome())
        .put("refusal", call.refusal())
        .put("usage_source", call.usageSource())
        .put("prompt_tokens", call.tokens().prompt())
        .put("completion_tokens", call.tokens().completion())
        .put("total_tokens", call.tokens().total())
        .put("cached_tokens", call.tokens().cached())
        .put("reasoning_tokens", call.tokens().reasoning())
        .put("time_to_first_byte_ms", millis(call.timeToFirstByte()))
        .put("duration_ms", millis(call.duration()))
        .put("waited_ms", millis(call.waited()));
    ArrayNode attempts = json.putArray("failed_attempts");
    call.failedAttempts().forEach(attempt -> put(attempts.addObject(), attempt, forAdmin));
    return json;
  }

  private static void put(ObjectNode json, KeptAttempt attempt, boolean forAdmin) {
    json.put("model", attempt.model())
        .put("upstream_model", attempt.upstreamModel())
        .put("backend", attempt.backend())
        .put("base_url", forAdmin ? attempt.baseUrl() : null)
        .put("failure", attempt.failure())
        .put("status", attempt.status())
        .put("waited_ms", millis(attempt.waited()))
        .put("duration_ms", millis(attempt.took()));
  }

  private static @Nullable Double millis(@Nullable Duration duration) {
    return duration == null ? null : duration.toNanos() / 1e6;
  }
}
