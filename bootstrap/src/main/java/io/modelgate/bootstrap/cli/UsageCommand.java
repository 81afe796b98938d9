package io.modelgate.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code modelgate usage}. */
@Command(
    name = "usage",
    description = "Shows what was used, in the last 24 hours unless told otherwise.",
    mixinStandardHelpOptions = true)
public final class UsageCommand implements Callable<Integer> {
  /** What rows stand for. */
  enum By {
    key,
    model,
    backend,
    day,
    hour
  }

  @Option(names = "--by", description = "${COMPLETION-CANDIDATES}. Default: the sum of all.")
  private @Nullable By by;

  @Option(names = "--from", paramLabel = "TIME", description = "A time or a date.")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "TIME", description = "A time, or the last date.")
  private @Nullable String to;

  @Option(
      names = "--time-zone",
      paramLabel = "ZONE",
      defaultValue = "UTC",
      description = "Of days, e.g. Europe/Berlin. Default: ${DEFAULT-VALUE}")
  private String timeZone = "UTC";

  @Mixin private Remote remote = new Remote();

  @Override
  public Integer call() {
    JsonNode usage = remote.get("/usage" + query());
    remote.show(usage, this::table);
    return 0;
  }

  private String query() {
    var query = new StringBuilder("?time_zone=").append(Remote.encoded(timeZone));
    if (from != null) {
      query.append("&from=").append(Remote.encoded(from));
    }
    if (to != null) {
      query.append("&to=").append(Remote.encoded(to));
    }
    switch (by) {
      case key, model, backend -> query.append("&group_by=").append(by);
      case day, hour -> query.append("&interval=").append(by);
      case null -> {}
    }
    return query.toString();
  }

  private Table table(JsonNode usage) {
    var rows = new ArrayList<JsonNode>();
    return switch (by) {
      case key, model, backend -> {
        usage.path("groups").forEach(rows::add);
        yield sums(new Table(rows).with(by.name().toUpperCase(Locale.ROOT), "name"));
      }
      case day, hour -> {
        usage.path("series").forEach(rows::add);
        yield sums(new Table(rows).with("FROM", "time"));
      }
      case null -> sums(new Table(List.of(usage.path("totals"))));
    };
  }

  private static Table sums(Table table) {
    return table
        .with("REQUESTS", "requests")
        .with("ERRORS", "errors")
        .with("REFUSED", "refused")
        .with("TOKENS IN", "prompt_tokens")
        .with("TOKENS OUT", "completion_tokens")
        .with("TOKENS", "total_tokens");
  }
}
