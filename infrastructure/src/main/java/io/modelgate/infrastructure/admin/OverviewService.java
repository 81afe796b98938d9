package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Targets.EngineStanding;
import io.modelgate.application.port.UsageReports;
import io.modelgate.application.port.UsageReports.Filter;
import io.modelgate.application.port.UsageReports.FirstBytes;
import io.modelgate.application.port.UsageReports.Grouping;
import io.modelgate.application.port.UsageReports.Question;
import io.modelgate.application.port.UsageReports.Report;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.QuotaStanding;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/overview}: how the gateway does, over a range. */
final class OverviewService implements HttpService {
  private static final Set<String> PARAMETERS = Set.of("from", "to", "time_zone");
  private static final int TOP = 5;
  private static final double NEARLY_EXHAUSTED = 0.8;

  private final AdminGate gate;
  private final AdminApi.Keys keys;
  private final Targets targets;
  private final UsageReports reports;
  private final KeyJson keyJson;
  private final InstantSource clock;

  OverviewService(
      AdminGate gate,
      AdminApi.Keys keys,
      Targets targets,
      UsageReports reports,
      KeyJson keyJson,
      InstantSource clock) {
    this.gate = gate;
    this.keys = keys;
    this.targets = targets;
    this.reports = reports;
    this.keyJson = keyJson;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/overview", gate.open(this::show)).any("/overview", gate.allowing("GET"));
  }

  private void show(ServerRequest request, ServerResponse response) {
    Instant now = clock.instant();
    UsageIntervals intervals = UsageIntervals.of(Query.of(request, PARAMETERS), now);
    Report report = reports.report(new Question(Filter.ALL, null, intervals.bounds()));
    ObjectNode json = SumsJson.put(AdminReplies.object(), intervals);
    SumsJson.put(json.putObject("totals"), report.totals());
    SumsJson.putSeries(json.putArray("series"), intervals, report);
    putFirstBytes(json.putObject("time_to_first_token_ms"), intervals);
    putBackends(json);
    putTop(json.putArray("top_keys"), Grouping.KEY, intervals);
    putTop(json.putArray("top_models"), Grouping.MODEL, intervals);
    ArrayNode exhausting = json.putArray("exhausting_keys");
    exhausting(now).forEach(key -> exhausting.add(keyJson.of(key)));
    AdminReplies.send(request, response, Status.OK_200, json);
  }

  private void putFirstBytes(ObjectNode json, UsageIntervals intervals) {
    FirstBytes times = reports.firstBytes(intervals.range().from(), intervals.range().to());
    json.put("p50", millis(times.p50())).put("p95", millis(times.p95()));
  }

  private static @Nullable Double millis(@Nullable Duration duration) {
    return duration == null ? null : duration.toNanos() / 1e6;
  }

  private void putBackends(ObjectNode json) {
    List<EngineStanding> standings = targets.standings();
    json.put("in_flight", standings.stream().mapToInt(EngineStanding::running).sum())
        .put("waiting", standings.stream().mapToInt(EngineStanding::waiting).sum());
  }

  private void putTop(ArrayNode json, Grouping by, UsageIntervals intervals) {
    SumsJson.putGroups(
        json,
        reports.groups(Filter.ALL, by, intervals.range().from(), intervals.range().to()),
        by,
        keys.all(),
        TOP);
  }

  /** Those that may be used and have used most of their quota, the fullest first. */
  private List<ApiKey> exhausting(Instant now) {
    record Full(ApiKey key, double share) {}
    return keys.all().all().stream()
        .filter(key -> key.terms().enabled())
        .map(key -> new Full(key, share(key, now)))
        .filter(full -> full.share() >= NEARLY_EXHAUSTED)
        .sorted(Comparator.comparingDouble(Full::share).reversed())
        .limit(TOP)
        .map(Full::key)
        .toList();
  }

  /** How much of its quota is used; 0 of none, and of a quota that allows nothing. */
  private double share(ApiKey key, Instant now) {
    Long limit = key.terms().quota().limit();
    if (limit == null || limit == 0) {
      return 0;
    }
    QuotaStanding standing = keys.quotas().standing(key.id(), key.terms().quota(), now);
    return (double) standing.used() / limit;
  }
}
