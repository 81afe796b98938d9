package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ModelCatalog;
import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.infrastructure.client.HttpClient;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * The way to all backends. Thread-safe; each call blocks its own thread, for no longer than the
 * timeouts allow, and keeps the settings it began with. Nothing that a backend does comes out as an
 * exception.
 */
public final class Upstreams implements Upstream, AutoCloseable {
  /** The kinds that speak OpenAI's API. */
  private static final Set<BackendKind> OPENAI_SHAPED =
      Set.of(BackendKind.VLLM, BackendKind.LLAMACPP, BackendKind.OPENAI, BackendKind.API3);

  /** For a whole list of models. */
  private static final Duration LISTING_PATIENCE = Duration.ofSeconds(10);

  private final SSLContext tls;
  private final HttpClient client;
  private final InstantSource clock;
  private final Tokenizer tokenizer = new Tokenizer();
  private volatile InForce inForce; // replaced whole

  private Upstreams(UpstreamSettings settings, SSLContext tls, InstantSource clock) {
    this.tls = tls;
    this.client = HttpClient.open(settings.connectTimeout(), tls.getSocketFactory());
    this.clock = clock;
    this.inForce = new InForce(settings, adapters(settings));
  }

  /** What the settings of one moment made. */
  private record InForce(UpstreamSettings settings, Map<BackendKind, KindUpstream> byKind) {}

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
    return new Upstreams(settings, tls, clock);
  }

  /** Takes other settings for the calls that begin from now on; open connections stay in use. */
  public void apply(UpstreamSettings settings) {
    inForce = new InForce(settings, adapters(settings));
  }

  private Map<BackendKind, KindUpstream> adapters(UpstreamSettings settings) {
    HttpClient patient = client.with(settings.connectTimeout(), settings.addresses());
    Map<BackendKind, KindUpstream> adapters = new EnumMap<>(BackendKind.class);
    settings
        .adapters()
        .forEach(
            (kind, adapter) -> {
              var calls = new BackendCalls(adapter, settings, patient, tokenizer);
              if (OPENAI_SHAPED.contains(kind)) {
                adapters.put(kind, new OpenAiUpstream(kind, calls));
              } else if (kind == BackendKind.OLLAMA) {
                adapters.put(kind, new OllamaUpstream(calls, clock));
              }
            });
    Duration echoPace = settings.echoPace();
    if (echoPace != null) {
      adapters.put(BackendKind.ECHO, new EchoUpstream(echoPace, clock));
    }
    return Map.copyOf(adapters);
  }

  @Override
  public Set<BackendKind> kinds() {
    return inForce.byKind().keySet();
  }

  /** A target without an address has that of its kind, and the spare ones of it. */
  @Override
  public List<Destination> destinations(ModelName asked, ModelRoute route) {
    InForce now = inForce;
    List<Destination> found = new ArrayList<>(route.targets().size());
    for (int i = 0; i < route.targets().size(); i++) {
      Target target = route.targets().get(i);
      String label = Integer.toString(i + 1);
      if (now.byKind().containsKey(target.backend())) {
        UpstreamSettings.Adapter adapter = now.settings().adapters().get(target.backend());
        if (target.baseUrl() != null || adapter == null) {
          found.add(new Destination(asked, route, target, label, 0));
        } else {
          found.add(new Destination(asked, route, target.at(adapter.baseUrl()), label, 0));
          int number = 0;
          for (BaseUrl spare : adapter.fallbackUrls()) {
            number++;
            found.add(
                new Destination(asked, route, target.at(spare), label + "." + number, number));
          }
        }
      }
    }
    return found;
  }

  @Override
  public OutputDemand demand(Destination to, ChatCall call) {
    KindUpstream upstream = inForce.byKind().get(to.backend());
    return upstream == null ? OutputDemand.NOTHING : upstream.demand(to, call);
  }

  @Override
  public Duration patience(ModelRoute route) {
    Duration own = route.timeout();
    return own == null ? inForce.settings().timeout() : own;
  }

  @Override
  public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink) {
    KindUpstream upstream = inForce.byKind().get(to.backend());
    return upstream == null
        ? new Delivery.NoReply(new Unreachable("no adapter for " + to.backend().wireName()))
        : upstream.send(to, call, budget, sink);
  }

  /**
   * Asks an engine how it is, without any work for it; never takes longer than a connection may.
   */
  public Checkup check(Destination destination) {
    UpstreamSettings settings = inForce.settings();
    UpstreamSettings.Adapter adapter = settings.adapters().get(destination.backend());
    return adapter == null
        ? Checkup.BUILT_IN
        : HealthQuestion.ask(
            client.with(settings.connectTimeout(), settings.addresses()),
            destination,
            adapter,
            settings.connectTimeout());
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
    return new HttpModelCatalog(() -> inForce.settings(), tls, patience);
  }

  /** Closes the connections that rest; calls under way go on, and close theirs at their end. */
  @Override
  public void close() {
    client.close();
  }
}
