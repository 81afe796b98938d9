package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.client.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How backends are called; a model's route may say otherwise for itself.
 *
 * @param timeout patience for a reply's head, for silence inside a stream, and for the whole of a
 *     reply that is not streamed; longer than nothing
 * @param connectTimeout patience for a connection, TLS included; longer than nothing
 * @param maxReplyBytes the longest reply that is read whole, in bytes; streams have no limit
 * @param adapters the kinds of backend that are served, with what each is called by
 * @param addresses which may be called
 * @param echoPace the time between two events of the built-in echo; null when it is off
 */
public record UpstreamSettings(
    Duration timeout,
    Duration connectTimeout,
    int maxReplyBytes,
    Map<BackendKind, Adapter> adapters,
    BackendAddresses addresses,
    @Nullable Duration echoPace) {
  /** Those that may call the addresses that are usual. */
  public UpstreamSettings(
      Duration timeout,
      Duration connectTimeout,
      int maxReplyBytes,
      Map<BackendKind, Adapter> adapters,
      @Nullable Duration echoPace) {
    this(timeout, connectTimeout, maxReplyBytes, adapters, BackendAddresses.USUAL, echoPace);
  }

  public UpstreamSettings {
    if (!timeout.isPositive() || !connectTimeout.isPositive() || maxReplyBytes < 1) {
      throw new IllegalArgumentException("timeouts and the longest reply are more than nothing");
    }
    adapters = Map.copyOf(adapters);
  }

  /**
   * What holds for all models on one kind of backend.
   *
   * @param baseUrl null when each model must name its own
   * @param fallbackUrls where else the same is served, for models that name no address of their own
   * @param credential null when the backend asks for none
   * @param credentialHeader the name of the header that carries the credential as it is; null for
   *     {@code Authorization: Bearer}
   * @param proxy what to go through; null to connect directly
   */
  public record Adapter(
      @Nullable BaseUrl baseUrl,
      List<BaseUrl> fallbackUrls,
      @Nullable Credential credential,
      @Nullable String credentialHeader,
      StreamUsage streamUsage,
      @Nullable Proxy proxy) {
    public Adapter {
      fallbackUrls = List.copyOf(fallbackUrls);
    }

    /** One with a bearer token that is called directly. */
    public Adapter(
        @Nullable BaseUrl baseUrl, @Nullable Credential credential, StreamUsage streamUsage) {
      this(baseUrl, List.of(), credential, null, streamUsage, null);
    }
  }
}
