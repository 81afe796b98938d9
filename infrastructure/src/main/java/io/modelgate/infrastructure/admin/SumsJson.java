package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports.Group;
import io.modelgate.application.port.UsageReports.Grouping;
import io.modelgate.application.port.UsageReports.Report;
import io.modelgate.domain.access.KeyId;
import java.time.Instant;
import java.util.List;

/** How sums of calls are written. */
final class SumsJson {
  /**
   * Calls whose group nobody knows: refused before anyone looked, or recorded by older versions.
   */
  private static final String UNKNOWN = "unknown";

  private static final String OTHER = "other";

  private SumsJson() {}

  static String wireName(Grouping by) {
    return switch (by) {
      case KEY -> "key";
      case MODEL -> "model";
      case BACKEND -> "backend";
    };
  }

  static ObjectNode put(ObjectNode json, CallSums sums) {
    return json.put("requests", sums.requests())
        .put("errors", sums.errors())
        .put("refused", sums.refused())
        .put("prompt_tokens", sums.prompt())
        .put("completion_tokens", sums.completion())
        .put("total_tokens", sums.total())
        .put("cached_tokens", sums.cached())
        .put("reasoning_tokens", sums.reasoning());
  }

  /** Where it began, where it ended, and how it is cut. */
  static ObjectNode put(ObjectNode json, UsageIntervals intervals) {
    return json.put("from", intervals.range().from().toString())
        .put("to", intervals.range().to().toString())
        .put("time_zone", intervals.zone().getId())
        .put("interval", intervals.length().wireName());
  }

  /** The first ones. */
  static void putGroups(ArrayNode json, List<Group> groups, Grouping by, ApiKeys keys, int most) {
    for (Group group : groups.subList(0, Math.min(most, groups.size()))) {
      put(
          json.addObject().put("group", group.name()).put("name", name(group.name(), by, keys)),
          group.sums());
    }
  }

  /** What people call a group. */
  static String name(String group, Grouping by, ApiKeys keys) {
    return switch (by) {
      case KEY -> keys.byId(new KeyId(group)).map(key -> key.terms().name()).orElse("deleted key");
      case MODEL, BACKEND -> group.isEmpty() ? UNKNOWN : group;
    };
  }

  /** A point for each interval, or for each group that has calls in it. */
  static void putSeries(ArrayNode json, UsageIntervals intervals, Report report) {
    for (int i = 0; i < intervals.starts().size(); i++) {
      Instant start = intervals.starts().get(i);
      CallSums all = report.series().get(i);
      if (report.largest().isEmpty() || all.isEmpty()) {
        put(point(json, start), all);
      } else {
        putGroupsOfPoint(json, start, i, all, report);
      }
    }
  }

  private static void putGroupsOfPoint(
      ArrayNode json, Instant start, int interval, CallSums all, Report report) {
    CallSums others = all;
    for (Group group : report.groups()) {
      List<CallSums> series = report.largest().get(group.name());
      if (series == null) {
        break;
      }
      CallSums sums = series.get(interval);
      others = others.minus(sums);
      if (!sums.isEmpty()) {
        put(point(json, start).put("group", group.name()), sums);
      }
    }
    if (!others.isEmpty()) {
      put(point(json, start).put("group", OTHER), others);
    }
  }

  private static ObjectNode point(ArrayNode json, Instant start) {
    return json.addObject().put("time", start.toString());
  }
}
