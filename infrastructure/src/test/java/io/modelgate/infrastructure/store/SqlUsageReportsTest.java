package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports.Filter;
import io.modelgate.application.port.UsageReports.FirstBytes;
import io.modelgate.application.port.UsageReports.Group;
import io.modelgate.application.port.UsageReports.Grouping;
import io.modelgate.application.port.UsageReports.Question;
import io.modelgate.application.port.UsageReports.Report;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.store.KeptCalls.Known;
import io.modelgate.testing.SettableClock;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is added up must be what was kept, however much of it is summed already. */
final class SqlUsageReportsTest {
  /** Clocks in Berlin are put back on the 25th. */
  private static final Instant FIRST = Instant.parse("2026-10-10T17:20:00Z");

  private static final int CALLS = 600;
  private static final Filter ALL = Filter.ALL;

  @TempDir private Path directory;
  private KeptCalls calls;
  private StoreReaders readers;
  private SqlUsageReports reports;
  private final Random random = new Random(7);

  @BeforeEach
  void keepCalls() throws Exception {
    calls = new KeptCalls(directory);
    for (int i = 0; i < CALLS; i++) {
      // About in their order, as long calls are kept late.
      calls.keepSome(FIRST.plusSeconds(4_700L * i - random.nextInt(20_000)));
    }
    readers = new StoreReaders(calls.file, Duration.ofSeconds(30));
    reports = new SqlUsageReports(readers);
  }

  @AfterEach
  void close() throws Exception {
    readers.close();
    calls.close();
  }

  private void sum(int some) throws SQLException {
    calls.summing.addThrough(some);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 300, CALLS})
  void everyRangeFilterAndGroupComesToWhatWasKept(int summed) throws Exception {
    sum(summed);
    for (Filter filter : filters()) {
      for (@Nullable Grouping by :
          new Grouping[] {null, Grouping.KEY, Grouping.MODEL, Grouping.BACKEND}) {
        for (List<Instant> bounds : ranges()) {
          Report report = reports.report(new Question(filter, by, bounds));

          assertThat(report.totals())
              .as("%s by %s in %s", filter, by, bounds)
              .isEqualTo(sums(filter, _ -> true, bounds.getFirst(), bounds.getLast()));
          assertThat(report.series()).isEqualTo(series(filter, _ -> true, bounds));
          if (by != null) {
            assertThat(asMap(report.groups()))
                .isEqualTo(groups(filter, by, bounds.getFirst(), bounds.getLast()));
            assertThat(report.largest().keySet())
                .containsExactlyInAnyOrderElementsOf(
                    report.groups().stream().limit(10).map(Group::name).toList());
            report
                .largest()
                .forEach(
                    (name, series) ->
                        assertThat(series)
                            .isEqualTo(
                                series(filter, call -> name(by).apply(call).equals(name), bounds)));
          }
        }
      }
    }
  }

  private static List<Filter> filters() {
    return List.of(
        ALL,
        new Filter(new KeyId("key_3"), null, null),
        new Filter(null, "it's \"=1+1\"", null),
        new Filter(null, "'; DROP TABLE usage; --", null),
        new Filter(new KeyId("key_1"), "small", BackendKind.OLLAMA),
        new Filter(null, null, BackendKind.VLLM));
  }

  private static List<List<Instant>> ranges() {
    return List.of(
        days("Europe/Berlin", "2026-10-20", "2026-11-02"),
        days("Asia/Kathmandu", "2026-10-30", "2026-11-01"),
        days("UTC", "2026-10-01", "2026-12-01"),
        List.of(
            Instant.parse("2026-10-15T11:07:03.250Z"),
            Instant.parse("2026-10-15T12:00:00Z"),
            Instant.parse("2026-11-03T00:00:00Z"),
            Instant.parse("2026-11-03T00:59:59.999Z")),
        List.of(Instant.parse("2026-10-16T11:07:03Z"), Instant.parse("2026-10-16T11:50:00Z")),
        days("UTC", "2030-01-01", "2030-01-02"));
  }

  private static List<Instant> days(String zone, String first, String last) {
    return LocalDate.parse(first)
        .datesUntil(LocalDate.parse(last).plusDays(1))
        .map(day -> day.atStartOfDay(ZoneId.of(zone)).toInstant())
        .toList();
  }

  /** As the name of a model that there never was is not one of a group's. */
  private static String model(Known call) {
    return call.isRefused() && call.status() == 404 ? "" : call.model();
  }

  private static Function<Known, String> name(Grouping by) {
    return switch (by) {
      case KEY -> call -> call.key().value();
      case MODEL -> SqlUsageReportsTest::model;
      case BACKEND -> Known::backend;
    };
  }

  private static boolean matches(Filter filter, Known call) {
    return (filter.key() == null || filter.key().equals(call.key()))
        && (filter.model() == null || filter.model().equals(model(call)))
        && (filter.backend() == null || filter.backend().wireName().equals(call.backend()));
  }

  private CallSums sums(Filter filter, Predicate<Known> which, Instant from, Instant to) {
    return calls.all.stream()
        .filter(call -> !call.time().isBefore(from) && call.time().isBefore(to))
        .filter(call -> matches(filter, call) && which.test(call))
        .map(SqlUsageReportsTest::sums)
        .reduce(CallSums.NONE, CallSums::plus);
  }

  private static CallSums sums(Known call) {
    return new CallSums(
        call.isRefused() ? 0 : 1,
        call.isError() ? 1 : 0,
        call.isRefused() ? 1 : 0,
        call.tokens().prompt(),
        call.tokens().completion(),
        call.tokens().cached(),
        call.tokens().reasoning());
  }

  private List<CallSums> series(Filter filter, Predicate<Known> which, List<Instant> bounds) {
    var series = new ArrayList<CallSums>();
    for (int i = 0; i < bounds.size() - 1; i++) {
      series.add(sums(filter, which, bounds.get(i), bounds.get(i + 1)));
    }
    return series;
  }

  private Map<String, CallSums> groups(Filter filter, Grouping by, Instant from, Instant to) {
    return calls.all.stream()
        .filter(call -> !call.time().isBefore(from) && call.time().isBefore(to))
        .filter(call -> matches(filter, call))
        .collect(Collectors.toMap(name(by), SqlUsageReportsTest::sums, CallSums::plus));
  }

  private static Map<String, CallSums> asMap(List<Group> groups) {
    return groups.stream().collect(Collectors.toMap(Group::name, Group::sums));
  }

  @Test
  void theLargestGroupComesFirst() {
    List<Group> groups =
        reports.groups(
            ALL, Grouping.KEY, FIRST.minusSeconds(100_000), FIRST.plus(Duration.ofDays(90)));

    assertThat(groups).hasSize(14);
    assertThat(groups)
        .extracting(group -> group.sums().total())
        .isSortedAccordingTo((one, other) -> Long.compare(other, one));
  }

  @Test
  void sumsOutliveTheRowsAndAnHourWithoutRowsCountsWhereItBegins() throws Exception {
    Instant from = Instant.parse("2026-10-01T00:00:00Z");
    Instant end = Instant.parse("2026-12-01T00:00:00Z");
    CallSums before = reports.report(new Question(ALL, null, List.of(from, end))).totals();
    var clock = new SettableClock(FIRST.plus(Duration.ofDays(20)));
    var retention = new Retention(calls.database, calls.summing, () -> Duration.ofDays(10), clock);
    while (retention.sweep()) {
      // to the end
    }
    assertThat(new OnDisk(calls.file).number("SELECT min(sequence) FROM usage")).isGreaterThan(100);
    assertThat(
            new OnDisk(calls.file)
                .number(
                    "SELECT count(*) FROM call_index WHERE last < (SELECT min(sequence) FROM usage)"))
        .isZero();

    Known gone = calls.all.get(50);
    Instant hour = gone.time().truncatedTo(java.time.temporal.ChronoUnit.HOURS);
    List<Instant> halves = List.of(hour, hour.plusSeconds(1_800), hour.plusSeconds(3_600));

    assertThat(reports.report(new Question(ALL, null, List.of(from, end))).totals())
        .isEqualTo(before);
    assertThat(reports.report(new Question(ALL, null, halves)).series())
        .containsExactly(sums(ALL, _ -> true, hour, hour.plusSeconds(3_600)), CallSums.NONE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 300, CALLS})
  void firstBytesAreToldWithinFourPerCent(int summed) throws Exception {
    sum(summed);
    Instant from = FIRST.plus(Duration.ofDays(1));
    Instant to = FIRST.plus(Duration.ofDays(30)).plusSeconds(7);
    List<String> micros =
        new OnDisk(calls.file)
            .texts(
                "SELECT time_to_first_byte_us FROM usage WHERE stream AND time_to_first_byte_us > 0"
                    + " AND time >= %d AND time < %d ORDER BY time_to_first_byte_us"
                        .formatted(from.toEpochMilli(), to.toEpochMilli()));

    FirstBytes times = reports.firstBytes(from, to);

    assertThat(micros).hasSizeGreaterThan(100);
    assertNear(times.p50(), Long.parseLong(micros.get(micros.size() / 2)));
    assertNear(times.p95(), Long.parseLong(micros.get(micros.size() * 95 / 100)));
    assertThat(reports.firstBytes(to.plus(Duration.ofDays(99)), to.plus(Duration.ofDays(100))))
        .isEqualTo(new FirstBytes(null, null));
  }

  private static void assertNear(@Nullable Duration found, long micros) {
    assertThat(found).isNotNull();
    assertThat(found.toNanos() / 1_000.0).isBetween(micros * 0.9, micros * 1.1);
  }
}
