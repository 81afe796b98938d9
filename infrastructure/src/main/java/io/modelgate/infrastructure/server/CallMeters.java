package io.modelgate.infrastructure.server;

import io.modelgate.domain.chat.TokenUsage;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests, and what became of those that are calls. Every label has a bounded number of
 * values, none of which a client can choose. Thread-safe; meant for each request's own thread.
 */
final class CallMeters {
  private static final String NONE = "none";
  private static final int MOST_MODELS = 500;
  private static final double[] SECONDS_OF_CALLS = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300
  };
  private static final double[] SECONDS_OF_OVERHEAD = {
    .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1
  };

  private final ModelLabels models = new ModelLabels(MOST_MODELS);
  private final Counter requests;
  private final Gauge inFlight;
  private final Counter refusals;
  private final Counter calls;
  private final Counter tokens;
  private final Histogram timeToFirstByte;
  private final Histogram duration;
  private final Histogram overhead;

  /** Adds its metrics to a registry; all of them stand at nothing. */
  CallMeters(PrometheusRegistry registry, PrometheusProperties properties) {
    requests =
        Counter.builder(properties)
            .name("modelgate_requests_total")
            .help("HTTP requests answered.")
            .labelNames("route", "method", "status")
            .register(registry);
    inFlight =
        Gauge.builder(properties)
            .name("modelgate_requests_in_flight")
            .help("HTTP requests being answered now.")
            .labelNames("route")
            .register(registry);
    refusals =
        Counter.builder(properties)
            .name("modelgate_refusals_total")
            .help("Requests turned away by a rule: the key, a limit, the quota, the model.")
            .labelNames("rule")
            .register(registry);
    calls =
        Counter.builder(properties)
            .name("modelgate_calls_total")
            .help("Calls sent to a backend or refused by a rule.")
            .labelNames("route", "model", "backend", "outcome", "status", "stream")
            .register(registry);
    tokens =
        Counter.builder(properties)
            .name("modelgate_tokens_total")
            .help("Tokens charged; cached ones are among prompt, reasoning among completion.")
            .labelNames("model", "kind", "source")
            .register(registry);
    timeToFirstByte =
        Histogram.builder(properties)
            .name("modelgate_time_to_first_byte_seconds")
            .help("From a call's admission to the first bytes of its reply.")
            .labelNames("route", "model")
            .classicOnly()
            .classicUpperBounds(SECONDS_OF_CALLS)
            .register(registry);
    duration =
        Histogram.builder(properties)
            .name("modelgate_call_duration_seconds")
            .help("From a call's admission to its end.")
            .labelNames("route", "model", "outcome")
            .classicOnly()
            .classicUpperBounds(SECONDS_OF_CALLS)
            .register(registry);
    overhead =
        Histogram.builder(properties)
            .name("modelgate_overhead_seconds")
            .help("What the gateway itself added to the time until a call's reply began.")
            .labelNames("route")
            .classicOnly()
            .classicUpperBounds(SECONDS_OF_OVERHEAD)
            .register(registry);
    RouteLabel.ALL.forEach(inFlight::initLabelValues);
    RouteLabel.CALLS.forEach(overhead::initLabelValues);
  }

  /**
   * A request has come.
   *
   * @param route of {@link RouteLabel}
   */
  void begun(String route) {
    inFlight.labelValues(route).inc();
  }

  /** A request that {@link #begun} was told of has been answered. */
  void ended(String route, String method, int status, CallLog call) {
    String statusLabel = Integer.toString(status);
    inFlight.labelValues(route).dec();
    requests.labelValues(route, methodLabel(method), statusLabel).inc();
    String rule = call.rule();
    if (rule != null) {
      refusals.labelValues(rule).inc();
      if (RouteLabel.CALLS.contains(route)) {
        calls.labelValues(route, ModelLabels.OTHER, NONE, "refused", statusLabel, NONE).inc();
      }
    }
    SentCall sent = call.sent();
    if (sent != null) {
      count(route, statusLabel, sent);
      observe(overhead, call.overhead(), route);
    }
  }

  /** A request was answered that never came as far as {@link #begun}. */
  void endedUnread(String method, int status) {
    requests.labelValues(RouteLabel.OTHER, methodLabel(method), Integer.toString(status)).inc();
  }

  private void count(String route, String status, SentCall sent) {
    String model = models.of(sent.model());
    calls
        .labelValues(
            route, model, sent.backend(), sent.outcome(), status, sent.stream() ? "true" : "false")
        .inc();
    observe(timeToFirstByte, sent.timeToFirstByte(), route, model);
    observe(duration, sent.duration(), route, model, sent.outcome());
    TokenUsage used = sent.usage().tokens();
    String source = sent.usage().source().wireName();
    count(used.prompt(), model, "prompt", source);
    count(used.completion(), model, "completion", source);
    count(used.cached(), model, "cached", source);
    count(used.reasoning(), model, "reasoning", source);
  }

  private void count(long used, String model, String kind, String source) {
    if (used > 0) {
      tokens.labelValues(model, kind, source).inc(used);
    }
  }

  private static void observe(Histogram histogram, @Nullable Duration time, String... labels) {
    if (time != null) {
      histogram.labelValues(labels).observe(time.toNanos() / 1e9);
    }
  }

  private static String methodLabel(String method) {
    return switch (method) {
      case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" -> method;
      default -> RouteLabel.OTHER;
    };
  }
}
