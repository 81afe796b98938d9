package io.modelgate.infrastructure.server;

import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts clients' connections, of all listeners together. Thread-safe. */
final class ConnectionMeters {
  private final Gauge open;
  private final Counter refused;
  private final Counter timedOut;

  /** Why a connection was ended by the gateway. */
  enum Slow {
    HEAD,
    BODY,
    IDLE,
    WRITE
  }

  ConnectionMeters(PrometheusRegistry registry, PrometheusProperties properties) {
    open =
        Gauge.builder(properties)
            .name("modelgate_connections")
            .help("Clients' connections.")
            .register(registry);
    refused =
        Counter.builder(properties)
            .name("modelgate_connections_refused_total")
            .help("Connections turned away because there were too many.")
            .register(registry);
    timedOut =
        Counter.builder(properties)
            .name("modelgate_connections_timed_out_total")
            .help("Connections ended because their client was too slow or silent.")
            .labelNames("phase")
            .register(registry);
    for (Slow phase : Slow.values()) {
      timedOut.initLabelValues(label(phase));
    }
  }

  void opened() {
    open.inc();
  }

  void closed() {
    open.dec();
  }

  void refused() {
    refused.inc();
  }

  void timedOut(Slow phase) {
    timedOut.labelValues(label(phase)).inc();
  }

  private static String label(Slow phase) {
    return switch (phase) {
      case HEAD -> "head";
      case BODY -> "body";
      case IDLE -> "idle";
      case WRITE -> "write";
    };
  }
}
