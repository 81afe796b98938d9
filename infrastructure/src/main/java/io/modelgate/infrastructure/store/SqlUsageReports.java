package io.modelgate.infrastructure.store;

import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

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
    Grouping by = question.by();
    if (by == null) {
      List<CallSums> series = sums.series(question.filter(), question.bounds());
      return new Report(totals(series), series, List.of(), Map.of());
    }
    List<Group> groups = sums.groups(question.filter(), by, question.from(), question.to());
    List<String> names = groups.stream().limit(LARGEST).map(Group::name).toList();
    Map<String, List<CallSums>> largest =
        sums.series(question.filter(), by, names, question.bounds());
    List<CallSums> series =
        groups.size() > LARGEST || groups.isEmpty()
            ? sums.series(question.filter(), question.bounds())
            : together(List.copyOf(largest.values()));
    return new Report(totals(series), series, groups, largest);
  }

  private static CallSums totals(List<CallSums> series) {
    return series.stream().reduce(CallSums.NONE, CallSums::plus);
  }

  /** What series of the same intervals come to. */
  private static List<CallSums> together(List<List<CallSums>> series) {
    return IntStream.range(0, series.getFirst().size())
        .mapToObj(i -> series.stream().map(one -> one.get(i)).reduce(CallSums.NONE, CallSums::plus))
        .toList();
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
