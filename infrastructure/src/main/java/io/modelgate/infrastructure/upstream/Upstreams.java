package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.infrastructure.client.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLSocketFactory;

/**
 * The way to all backends. Thread-safe; each call blocks its own thread, for no longer than the
 * timeouts allow, and keeps the settings it began with. Nothing that a backend does comes out as an
 * exception.
 */
public final class Upstreams implements Upstream, AutoCloseable {
  /** The kinds that speak OpenAI's API. */
  private static final Set<BackendKind> OPENAI_SHAPED =
      Set.of(BackendKind.VLLM, BackendKind.LLAMACPP, BackendKind.OPENAI, BackendKind.API3);

  private final HttpClient client;
  private final InstantSource clock;
  private volatile Map<BackendKind, Upstream> byKind = Map.of(); // immutable, replaced whole

  private Upstreams(HttpClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * Connects to nothing yet. Kinds without an adapter in the settings are not served.
   *
   * @return to be closed when no call needs it any more
   */
  public static Upstreams open(UpstreamSettings settings, InstantSource clock) {
    return open(settings, clock, (SSLSocketFactory) SSLSocketFactory.getDefault());
  }

  static Upstreams open(UpstreamSettings settings, InstantSource clock, SSLSocketFactory tls) {
    var upstreams = new Upstreams(HttpClient.open(settings.connectTimeout(), tls), clock);
    upstreams.apply(settings);
    return upstreams;
  }

  /** Takes other settings for the calls that begin from now on; open connections stay in use. */
  public void apply(UpstreamSettings settings) {
    HttpClient patient = client.withConnectTimeout(settings.connectTimeout());
    Map<BackendKind, Upstream> adapters = new EnumMap<>(BackendKind.class);
    settings
        .adapters()
        .forEach(
            (kind, adapter) -> {
              if (OPENAI_SHAPED.contains(kind)) {
                adapters.put(kind, new OpenAiUpstream(kind, adapter, settings, patient));
              }
            });
    Duration echoPace = settings.echoPace();
    if (echoPace != null) {
      adapters.put(BackendKind.ECHO, new EchoUpstream(echoPace, clock));
    }
    byKind = Map.copyOf(adapters);
  }

  @Override
  public Set<BackendKind> kinds() {
    return byKind.keySet();
  }

  @Override
  public Delivery send(ModelRoute route, ChatCall call, ReplySink sink) {
    Upstream upstream = byKind.get(route.backend());
    return upstream == null
        ? new Delivery.NoReply(new Unreachable("no adapter for " + route.backend().wireName()))
        : upstream.send(route, call, sink);
  }

  /** Closes the connections that rest; calls under way go on, and close theirs at their end. */
  @Override
  public void close() {
    client.close();
  }
}
