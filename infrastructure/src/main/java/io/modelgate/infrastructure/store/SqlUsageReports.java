package io.modelgate.infrastructure.store;

import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Reads sums, each report as of one moment. Thread-safe. */
final class SqlUsageReports implements UsageReports {
  private static final int LARGEST = 10;

  private final StoreReaders readers;

  SqlUsageReports(StoreReaders readers) {
    this.readers = readers;
  }

  @Override
  public Report report(Question question) {
    return readers.read(
        "adding up what was used", connection -> report(question, new SumsReader(connection)));
  }

  private static Report report(Question question, SumsReader sums) throws SQLException {
    List<CallSums> series = sums.series(question.filter(), question.bounds());
    CallSums totals = series.stream().reduce(CallSums.NONE, CallSums::plus);
    Grouping by = question.by();
    if (by == null) {
      return new Report(totals, series, List.of(), Map.of());
    }
    List<Group> groups = sums.groups(question.filter(), by, question.from(), question.to());
    List<String> largest = groups.stream().limit(LARGEST).map(Group::name).toList();
    return new Report(
        totals, series, groups, sums.series(question.filter(), by, largest, question.bounds()));
  }

  @Override
  public List<Group> groups(Filter filter, Grouping by, Instant from, Instant to) {
    return readers.read(
        "adding up what was used",
        connection -> new SumsReader(connection).groups(filter, by, from, to));
  }

  @Override
  public FirstBytes firstBytes(Instant from, Instant to) {
    return readers.read(
        "adding up how long streams took",
        connection -> new SumsReader(connection).firstBytes(from, to));
  }
}
