package io.modelgate.bootstrap.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What can be said of a key; {@code none} takes a limit or a restriction away. */
final class KeyOptions {
  private static final String NONE = "none";

  @Option(names = "--note", paramLabel = "TEXT", description = "For administrators.")
  private @Nullable String note;

  @Option(names = "--rpm", paramLabel = "N", description = "Requests a minute, or none.")
  private @Nullable String rpm;

  @Option(names = "--burst", paramLabel = "N", description = "How many of them at once.")
  private @Nullable String burst;

  @Option(names = "--tpm", paramLabel = "N", description = "Tokens a minute, or none.")
  private @Nullable String tpm;

  @Option(names = "--max-concurrent", paramLabel = "N", description = "Calls at once, or none.")
  private @Nullable String maxConcurrent;

  @Option(names = "--quota", paramLabel = "TOKENS", description = "Tokens in a period, or none.")
  private @Nullable String quota;

  @Option(names = "--quota-period", paramLabel = "PERIOD", description = "total, day, week, month.")
  private @Nullable String quotaPeriod;

  @Option(names = "--tier", paramLabel = "TIER", description = "free or paid.")
  private @Nullable String tier;

  @Option(
      names = "--allow-model",
      paramLabel = "NAME",
      description = "A model that it may call, with * for any characters; again for more, or none.")
  private @Nullable List<String> allowedModels;

  @Option(
      names = "--allow-ip",
      paramLabel = "NETWORK",
      description = "Where its calls may come from, e.g. 10.0.0.0/8; again for more, or none.")
  private @Nullable List<String> allowedIps;

  @Option(
      names = "--default-model",
      paramLabel = "NAME",
      description = "Taken for a call that names none.")
  private @Nullable String defaultModel;

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      description = "E.g. 2030-12-31T23:59:59Z, or none.")
  private @Nullable String expires;

  /** Puts what was said into a request's body. */
  void fill(ObjectNode body) {
    putText(body, "note", note);
    putNumber(body, "rpm", rpm);
    putNumber(body, "burst", burst);
    putNumber(body, "tpm", tpm);
    putNumber(body, "max_concurrent", maxConcurrent);
    putNumber(body, "quota_tokens", quota);
    putText(body, "quota_period", quotaPeriod);
    putText(body, "tier", tier);
    putText(body, "default_model", defaultModel);
    putText(body, "expires_at", expires);
    putList(body, "allowed_models", allowedModels);
    putList(body, "allowed_ips", allowedIps);
  }

  private static void putText(ObjectNode body, String name, @Nullable String value) {
    if (value != null) {
      body.put(name, value.equals(NONE) ? null : value);
    }
  }

  private static void putNumber(ObjectNode body, String name, @Nullable String value) {
    if (value == null) {
      return;
    }
    try {
      body.put(name, value.equals(NONE) ? null : Long.valueOf(value.replace("_", "")));
    } catch (NumberFormatException _) {
      throw new CommandFailed(
          CommandFailed.USAGE, "'" + value + "' is neither a whole number nor none.");
    }
  }

  private static void putList(ObjectNode body, String name, @Nullable List<String> values) {
    if (values == null) {
      return;
    }
    if (values.equals(List.of(NONE))) {
      body.putNull(name);
      return;
    }
    ArrayNode list = body.putArray(name);
    values.forEach(list::add);
  }
}
