package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ModelCatalog;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.infrastructure.client.HttpClient;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * The way to all backends. Thread-safe; each call blocks its own thread, for no longer than the
 * timeouts allow. Nothing that a backend does comes out as an exception.
 */
public final class Upstreams implements Upstream, AutoCloseable {
  /** The kinds that speak OpenAI's API. */
  private static final Set<BackendKind> OPENAI_SHAPED =
      Set.of(BackendKind.VLLM, BackendKind.LLAMACPP, BackendKind.OPENAI, BackendKind.API3);

  /** For a whole list of models. */
  private static final Duration LISTING_PATIENCE = Duration.ofSeconds(10);

  private final UpstreamSettings settings;
  private final SSLContext tls;
  private final HttpClient client;
  private final Map<BackendKind, Upstream> byKind;
  private final Set<BackendKind> kinds;

  private Upstreams(
      UpstreamSettings settings,
      SSLContext tls,
      HttpClient client,
      Map<BackendKind, Upstream> byKind) {
    this.settings = settings;
    this.tls = tls;
    this.client = client;
    this.byKind = byKind;
    this.kinds = Set.copyOf(byKind.keySet());
  }

  /**
   * Connects to nothing yet. Kinds without an adapter in the settings are not served.
   *
   * @return to be closed when no call needs it any more
   */
  public static Upstreams open(UpstreamSettings settings, InstantSource clock) {
    try {
      return open(settings, clock, SSLContext.getDefault());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  static Upstreams open(UpstreamSettings settings, InstantSource clock, SSLContext tls) {
    var client = HttpClient.open(settings.connectTimeout(), tls.getSocketFactory());
    Map<BackendKind, Upstream> byKind = new EnumMap<>(BackendKind.class);
    settings
        .adapters()
        .forEach(
            (kind, adapter) -> {
              if (OPENAI_SHAPED.contains(kind)) {
                byKind.put(kind, new OpenAiUpstream(kind, adapter, settings, client));
              }
            });
    Duration echoPace = settings.echoPace();
    if (echoPace != null) {
      byKind.put(BackendKind.ECHO, new EchoUpstream(echoPace, clock));
    }
    return new Upstreams(settings, tls, client, byKind);
  }

  @Override
  public Set<BackendKind> kinds() {
    return kinds;
  }

  @Override
  public Delivery send(ModelRoute route, ChatCall call, ReplySink sink) {
    Upstream upstream = byKind.get(route.backend());
    return upstream == null
        ? new Delivery.NoReply(new Unreachable("no adapter for " + route.backend().wireName()))
        : upstream.send(route, call, sink);
  }

  /** What asks any kind of backend for its models. Keeps no connection. */
  public ModelCatalog catalog() {
    return catalog(LISTING_PATIENCE);
  }

  /**
   * One with another patience.
   *
   * @param patience for a whole list, the connection included
   */
  public ModelCatalog catalog(Duration patience) {
    return new HttpModelCatalog(settings, tls, patience);
  }

  /** Closes the connections that rest; calls under way go on, and close theirs at their end. */
  @Override
  public void close() {
    client.close();
  }
}
