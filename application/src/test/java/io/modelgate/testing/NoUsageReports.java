package io.modelgate.testing;

import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** As if there had never been a call. */
public final class NoUsageReports implements UsageReports {
  @Override
  public Report report(Question question) {
    return new Report(
        CallSums.NONE,
        Collections.nCopies(question.bounds().size() - 1, CallSums.NONE),
        List.of(),
        Map.of());
  }

  @Override
  public List<Group> groups(Filter filter, Grouping by, Instant from, Instant to) {
    return List.of();
  }

  @Override
  public FirstBytes firstBytes(Instant from, Instant to) {
    return new FirstBytes(null, null);
  }
}
