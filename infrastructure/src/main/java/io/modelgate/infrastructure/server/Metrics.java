package io.modelgate.infrastructure.server;

import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that is counted and measured in this process, for Prometheus to fetch; docs/metrics.md lists
 * it. One for all listeners. Thread-safe.
 */
public final class Metrics {
  private static final Logger LOG = LoggerFactory.getLogger(Metrics.class);

  /** The library's own defaults: it would look into the system's properties and the environment. */
  private static final PrometheusProperties PROPERTIES = PrometheusProperties.builder().build();

  private static final ExpositionFormatWriter TEXT = PrometheusTextFormatWriter.create();
  private static final ExpositionFormatWriter OPEN_METRICS = OpenMetricsTextFormatWriter.create();

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final CallMeters calls = new CallMeters(registry, PROPERTIES);
  private final ConnectionMeters connections = new ConnectionMeters(registry, PROPERTIES);

  private final ReentrantLock lock = new ReentrantLock();
  private boolean hasJvm;

  private Metrics() {}

  /**
   * Nothing counted yet.
   *
   * @param version of the gateway
   */
  public static Metrics create(String version) {
    var metrics = new Metrics();
    Info.builder(PROPERTIES)
        .name("modelgate_build_info")
        .help("The gateway's version; always 1.")
        .labelNames("version")
        .register(metrics.registry)
        .setLabelValues(version);
    return metrics;
  }

  /**
   * Adds a value that is read at each scrape.
   *
   * @param name lower case with underscores, its unit last
   * @param help one sentence
   * @param value called on the thread of whoever scrapes, by several at a time; must be quick. When
   *     it fails, the value is told as NaN
   * @throws IllegalArgumentException when the name is taken
   */
  public void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder(PROPERTIES)
        .name(name)
        .help(help)
        .callback(callback -> callback.call(orNotANumber(name, value)))
        .register(registry);
  }

  /**
   * Adds values that are read together at each scrape.
   *
   * @param labels what tells them apart
   * @param samples as the value of {@link #gauge}; when it fails, there are none
   */
  public void gauges(
      String name, String help, List<String> labels, Supplier<List<Sample>> samples) {
    GaugeWithCallback.builder(PROPERTIES)
        .name(name)
        .help(help)
        .labelNames(labels.toArray(String[]::new))
        .callback(
            callback -> orNone(name, samples).forEach(of -> callback.call(of.value(), of.names())))
        .register(registry);
  }

  /** The same of what only grows; the name ends with {@code _total}. */
  public void counters(
      String name, String help, List<String> labels, Supplier<List<Sample>> samples) {
    CounterWithCallback.builder(PROPERTIES)
        .name(name)
        .help(help)
        .labelNames(labels.toArray(String[]::new))
        .callback(
            callback -> orNone(name, samples).forEach(of -> callback.call(of.value(), of.names())))
        .register(registry);
  }

  /**
   * One of several values.
   *
   * @param labels as many as were named
   */
  public record Sample(List<String> labels, double value) {
    public Sample {
      labels = List.copyOf(labels);
    }

    private String[] names() {
      return labels.toArray(String[]::new);
    }
  }

  private static List<Sample> orNone(String name, Supplier<List<Sample>> samples) {
    try {
      return samples.get();
    } catch (RuntimeException e) {
      LOG.debug("{} cannot be told", name, e);
      return List.of();
    }
  }

  /**
   * Everything as of now.
   *
   * @param accept what the reader understands, as in HTTP's {@code Accept}; empty for no matter
   */
  public Exposition scrape(String accept) {
    addJvm();
    ExpositionFormatWriter writer = writerFor(accept);
    var text = new ByteArrayOutputStream(32 * 1024);
    try {
      writer.write(text, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written to", e);
    }
    return new Exposition(writer.getContentType(), text.toByteArray());
  }

  /**
   * What a scrape brings.
   *
   * @param contentType Prometheus' text format, or OpenMetrics
   * @param text UTF-8; the caller's to keep
   */
  public record Exposition(
      String contentType, @SuppressWarnings("ArrayRecordComponent") byte[] text) {}

  /** At the first scrape only: loading what knows of the JVM would hold up the start. */
  private void addJvm() {
    lock.lock();
    try {
      if (!hasJvm) {
        JvmMemoryMetrics.builder(PROPERTIES).register(registry);
        JvmBufferPoolMetrics.builder(PROPERTIES).register(registry);
        JvmGarbageCollectorMetrics.builder(PROPERTIES).register(registry);
        JvmThreadsMetrics.builder(PROPERTIES).register(registry);
        JvmRuntimeInfoMetric.builder(PROPERTIES).register(registry);
        ProcessMetrics.builder(PROPERTIES).register(registry);
        hasJvm = true;
      }
    } finally {
      lock.unlock();
    }
  }

  CallMeters calls() {
    return calls;
  }

  ConnectionMeters connections() {
    return connections;
  }

  /** The library's own choice may be protobuf, which it then cannot write. */
  private static ExpositionFormatWriter writerFor(String accept) {
    return OPEN_METRICS.accepts(accept) ? OPEN_METRICS : TEXT;
  }

  private static double orNotANumber(String name, DoubleSupplier value) {
    try {
      return value.getAsDouble();
    } catch (RuntimeException e) {
      LOG.debug("{} cannot be told", name, e);
      return Double.NaN;
    }
  }
}
