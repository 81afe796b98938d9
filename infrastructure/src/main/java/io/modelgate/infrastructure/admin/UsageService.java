package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports;
import io.modelgate.application.port.UsageReports.Filter;
import io.modelgate.application.port.UsageReports.Group;
import io.modelgate.application.port.UsageReports.Grouping;
import io.modelgate.application.port.UsageReports.Question;
import io.modelgate.application.port.UsageReports.Report;
import io.modelgate.domain.access.KeyId;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/usage} and {@code /usage.csv}: what calls came to. */
final class UsageService implements HttpService {
  private static final int MOST_GROUPS = 500;
  private static final Set<String> PARAMETERS =
      Set.of("from", "to", "time_zone", "interval", "group_by", "key", "model", "backend");
  private static final List<String> SUMS =
      List.of(
          "requests",
          "errors",
          "refused",
          "prompt_tokens",
          "completion_tokens",
          "total_tokens",
          "cached_tokens",
          "reasoning_tokens");

  private final AdminGate gate;
  private final UsageReports reports;
  private final ApiKeys keys;
  private final InstantSource clock;

  UsageService(AdminGate gate, UsageReports reports, ApiKeys keys, InstantSource clock) {
    this.gate = gate;
    this.reports = reports;
    this.keys = keys;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/usage", gate.openToHolders(this::show))
        .any("/usage", gate.allowing("GET"))
        .get("/usage.csv", gate.openToHolders(this::export))
        .any("/usage.csv", gate.allowing("GET"));
  }

  /**
   * What is asked.
   *
   * @param by null for no groups
   */
  private record Asked(UsageIntervals intervals, Filter filter, @Nullable Grouping by) {}

  private Asked asked(@Nullable KeyId only, ServerRequest request) {
    Query query = Query.of(request, PARAMETERS);
    Grouping by = query.oneOf("group_by", List.of(Grouping.values()), SumsJson::wireName);
    if (only != null && by == Grouping.KEY) {
      throw Confinement.refuses("group_by");
    }
    var filter =
        new Filter(
            Confinement.key(query, only),
            query.text("model", CallFilters.LONGEST_TEXT),
            CallFilters.backend(query));
    return new Asked(UsageIntervals.of(query, clock.instant()), filter, by);
  }

  private void show(ServerRequest request, ServerResponse response) {
    KeyId only = Login.of(request).confinedTo();
    Asked asked = asked(only, request);
    Report report =
        reports.report(new Question(asked.filter(), asked.by(), asked.intervals().bounds()));
    ObjectNode json = SumsJson.put(AdminReplies.object(), asked.intervals());
    SumsJson.put(json.putObject("totals"), report.totals());
    var groups = json.putArray("groups");
    if (asked.by() != null) {
      SumsJson.putGroups(groups, report.groups(), asked.by(), keys, MOST_GROUPS);
    }
    SumsJson.putSeries(json.putArray("series"), asked.intervals(), report);
    AdminReplies.send(request, response, Status.OK_200, json);
  }

  private void export(ServerRequest request, ServerResponse response) {
    KeyId only = Login.of(request).confinedTo();
    Asked asked = asked(only, request);
    Grouping by = asked.by();
    String file =
        "modelgate-usage-%s-%s.csv"
            .formatted(day(asked.intervals().range().from()), day(asked.intervals().range().to()));
    if (by == null) {
      List<CallSums> series =
          reports.report(new Question(asked.filter(), null, asked.intervals().bounds())).series();
      Csv.send(response, file, columns("time"), csv -> writeSeries(asked.intervals(), series, csv));
    } else {
      // The first before anything is sent, so that what cannot be read is still a status.
      List<Group> first = groups(asked, by, 0);
      Csv.send(
          response,
          file,
          columns("time", "group", "name"),
          csv -> {
            writeGroups(asked, by, 0, first, csv);
            for (int i = 1; i < asked.intervals().starts().size(); i++) {
              writeGroups(asked, by, i, groups(asked, by, i), csv);
            }
          });
    }
  }

  private static String day(Instant time) {
    return time.truncatedTo(ChronoUnit.DAYS).toString().substring(0, "2026-11-24".length());
  }

  private static String[] columns(String... first) {
    return Stream.concat(Stream.of(first), SUMS.stream()).toArray(String[]::new);
  }

  private List<Group> groups(Asked asked, Grouping by, int interval) {
    List<Instant> bounds = asked.intervals().bounds();
    return reports.groups(asked.filter(), by, bounds.get(interval), bounds.get(interval + 1));
  }

  private static void writeSeries(UsageIntervals intervals, List<CallSums> series, Csv csv)
      throws IOException {
    for (int i = 0; i < series.size(); i++) {
      csv.text(intervals.starts().get(i).toString());
      write(series.get(i), csv);
    }
  }

  private void writeGroups(Asked asked, Grouping by, int interval, List<Group> groups, Csv csv)
      throws IOException {
    String start = asked.intervals().starts().get(interval).toString();
    for (Group group : groups) {
      csv.text(start).text(group.name()).text(SumsJson.name(group.name(), by, keys));
      write(group.sums(), csv);
    }
  }

  private static void write(CallSums sums, Csv csv) throws IOException {
    csv.number(sums.requests())
        .number(sums.errors())
        .number(sums.refused())
        .number(sums.prompt())
        .number(sums.completion())
        .number(sums.total())
        .number(sums.cached())
        .number(sums.reasoning())
        .endLine();
  }
}
