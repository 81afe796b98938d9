package io.modelgate.bootstrap;

import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Targets.EngineStanding;
import io.modelgate.application.port.Targets.TargetStanding;
import io.modelgate.domain.routing.CircuitBreaker;
import io.modelgate.infrastructure.server.Metrics;
import io.modelgate.infrastructure.server.Metrics.Sample;
import java.util.List;
import java.util.function.ToDoubleBiFunction;

/**
 * What is told of each target of each model. Its label is its place among the model's targets: an
 * address does not belong into metrics.
 */
final class TargetMetrics {
  private static final List<String> LABELS = List.of("model", "target", "backend");

  private TargetMetrics() {}

  static void add(Metrics metrics, Targets targets) {
    metrics.gauges(
        "modelgate_target_ready",
        "1 when the target's engine is well, or was not asked; 0 when it is loading or down.",
        LABELS,
        () -> samples(targets, (engine, _) -> engine.checkup().health().isFit() ? 1 : 0));
    metrics.gauges(
        "modelgate_target_breaker",
        "The target's circuit breaker: 0 closed, 1 half open, 2 open.",
        LABELS,
        () -> samples(targets, (_, target) -> number(target.breaker())));
    metrics.gauges(
        "modelgate_target_running",
        "Calls that have a place at the target's engine, whichever model they are for.",
        LABELS,
        () -> samples(targets, (engine, _) -> engine.running()));
    metrics.gauges(
        "modelgate_target_waiting",
        "Calls that wait for a place at the target's engine.",
        LABELS,
        () -> samples(targets, (engine, _) -> engine.waiting()));
    metrics.counters(
        "modelgate_target_attempts_total",
        "Attempts at the target that came to an end.",
        LABELS,
        () -> samples(targets, (_, target) -> target.attempts()));
    metrics.counters(
        "modelgate_target_failures_total",
        "Those among them that failed by the backend's doing.",
        LABELS,
        () -> samples(targets, (_, target) -> target.failures()));
  }

  private static double number(CircuitBreaker.State state) {
    return switch (state) {
      case CLOSED -> 0;
      case HALF_OPEN -> 1;
      case OPEN -> 2;
    };
  }

  private static List<Sample> samples(
      Targets targets, ToDoubleBiFunction<EngineStanding, TargetStanding> value) {
    return targets.standings().stream()
        .flatMap(
            engine ->
                engine.targets().stream()
                    .map(
                        target ->
                            new Sample(
                                List.of(
                                    target.destination().route().name().value(),
                                    target.destination().label(),
                                    target.destination().backend().wireName()),
                                value.applyAsDouble(engine, target))))
        .toList();
  }
}
