package io.modelgate.infrastructure.routing;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.CircuitBreaker.Pass;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.Engine;
import io.modelgate.domain.routing.TargetChoice;
import io.modelgate.domain.routing.TargetChoice.Candidate;
import io.modelgate.infrastructure.routing.EngineState.Entry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** All backends of this gateway, as calls and questions find them. Thread-safe. */
public final class LiveTargets implements Targets, AutoCloseable {
  private final Supplier<RoutingSettings> settings;
  private final Supplier<List<Destination>> inUse;
  private final RandomGenerator random;
  private final Map<Engine, EngineState> engines = new ConcurrentHashMap<>();
  private final Map<TargetState.Key, TargetState> targets = new ConcurrentHashMap<>();
  private final HealthRounds rounds;

  private LiveTargets(
      Supplier<RoutingSettings> settings,
      Supplier<List<Destination>> inUse,
      Function<Destination, Checkup> question,
      RandomGenerator random,
      InstantSource clock) {
    this.settings = settings;
    this.inUse = inUse;
    this.random = random;
    this.rounds = new HealthRounds(this, question, () -> settings.get().checkEvery(), clock);
  }

  /**
   * Begins to ask the engines how they are.
   *
   * @param settings asked each time
   * @param inUse where calls to the models of now can go; asked each time
   * @param question asks an engine without making it work; blocks, not for long
   * @param random thread-safe
   */
  public static LiveTargets open(
      Supplier<RoutingSettings> settings,
      Supplier<List<Destination>> inUse,
      Function<Destination, Checkup> question,
      RandomGenerator random,
      InstantSource clock) {
    var targets = new LiveTargets(settings, inUse, question, random, clock);
    targets.rounds.start();
    return targets;
  }

  @Override
  public Turn await(Wish wish, ReplySink sink) {
    long began = System.nanoTime();
    if (wish.pause().isPositive() && isGoneWithin(wish.pause(), sink)) {
      return new Turn.Gone();
    }
    Set<Engine> full = new HashSet<>();
    Duration soonest = null;
    while (true) {
      List<Destination> allowed = those(wish.destinations(), to -> stateOf(to).allows());
      if (allowed.isEmpty()) {
        return new Turn.Failing(untilTrial(wish.destinations()));
      }
      List<Destination> open = those(allowed, to -> !full.contains(to.engine()));
      if (open.isEmpty()) {
        return new Turn.Busy(soonest == null ? Duration.ofSeconds(1) : soonest);
      }
      Destination chosen = choose(open, wish);
      EngineState engine = engineOf(chosen);
      KeyId key = wish.caller().id();
      double weight = settings.get().weightOf(wish.caller().terms().tier());
      Duration patience = wish.patience().minusNanos(System.nanoTime() - began);
      switch (engine.enter(key, weight, patience, sink)) {
        case Entry.Taken(Duration waited) -> {
          Pass pass = stateOf(chosen).enter();
          if (pass != Pass.NONE) {
            return new Turn.Granted(
                new TakenPlace(chosen, engine, stateOf(chosen), pass, key, waited));
          }
          engine.leave(key, null); // it has failed meanwhile
        }
        case Entry.Full(Duration retryAfter) -> {
          full.add(chosen.engine());
          soonest = soonest == null || retryAfter.compareTo(soonest) < 0 ? retryAfter : soonest;
        }
        case Entry.Gone _ -> {
          return new Turn.Gone();
        }
      }
    }
  }

  /** Mostly all of them, so that nothing is copied. */
  private static List<Destination> those(
      List<Destination> destinations, Predicate<Destination> which) {
    for (Destination destination : destinations) {
      if (!which.test(destination)) {
        return destinations.stream().filter(which).toList();
      }
    }
    return destinations;
  }

  private static boolean isGoneWithin(Duration pause, ReplySink sink) {
    var waiter = new Waiter();
    sink.whenGone(waiter::leave);
    waiter.await(System.nanoTime() + pause.toNanos());
    return waiter.isGone();
  }

  private Duration untilTrial(List<Destination> destinations) {
    return destinations.stream()
        .map(to -> stateOf(to).untilTrial())
        .min(Comparator.naturalOrder())
        .orElseThrow();
  }

  private Destination choose(List<Destination> open, Wish wish) {
    if (open.size() == 1) {
      return open.getFirst();
    }
    List<Candidate> candidates = open.stream().map(this::candidate).toList();
    return TargetChoice.choose(candidates, affinityOf(wish), random).destination();
  }

  private Candidate candidate(Destination destination) {
    EngineState engine = engineOf(destination);
    return new Candidate(
        destination, engine.seen().checkup().health(), engine.busy(), engine.hasRoom());
  }

  private @Nullable Long affinityOf(Wish wish) {
    return switch (settings.get().affinity()) {
      case NONE -> null;
      case KEY -> (long) wish.caller().id().hashCode();
      case PREFIX -> (long) wish.call().body().hashOfBeginning();
    };
  }

  private EngineState engineOf(Destination destination) {
    return engineOf(destination.engine());
  }

  EngineState engineOf(Engine engine) {
    EngineState known = engines.get(engine);
    return known == null
        ? engines.computeIfAbsent(
            engine, fresh -> new EngineState(fresh, () -> settings.get().placesOf(fresh.kind())))
        : known;
  }

  private TargetState stateOf(Destination destination) {
    var key = new TargetState.Key(destination.engine(), destination.upstreamName());
    TargetState known = targets.get(key);
    return known == null
        ? targets.computeIfAbsent(
            key, fresh -> new TargetState(fresh, () -> settings.get().breaker()))
        : known;
  }

  /** One destination for each engine in use. */
  Map<Engine, Destination> enginesInUse() {
    Map<Engine, Destination> found = new LinkedHashMap<>();
    inUse.get().forEach(to -> found.putIfAbsent(to.engine(), to));
    return found;
  }

  /** An engine says that it is well: what failed there may be tried again. */
  void seemsWell(Engine engine) {
    targets.forEach(
        (key, state) -> {
          if (key.engine().equals(engine)) {
            state.seemsWell();
          }
        });
  }

  /** Forgets what nobody uses any more, and looks whether there is more room than there was. */
  void tidy(Set<Engine> inUse) {
    engines.values().forEach(EngineState::lookAtThePlaces);
    engines.entrySet().removeIf(e -> !inUse.contains(e.getKey()) && e.getValue().busy() == 0);
    targets.keySet().removeIf(key -> !engines.containsKey(key.engine()));
  }

  @Override
  public List<EngineStanding> standings() {
    Map<Engine, List<TargetStanding>> found = new LinkedHashMap<>();
    for (Destination to : inUse.get()) {
      TargetState.Tally tally = stateOf(to).tally();
      found
          .computeIfAbsent(to.engine(), _ -> new ArrayList<>())
          .add(
              new TargetStanding(
                  to,
                  tally.breaker(),
                  tally.untilTrial(),
                  tally.attempts(),
                  tally.failures(),
                  tally.lastFailure()));
    }
    return found.entrySet().stream()
        .map(of -> standing(engineOf(of.getKey()), of.getValue()))
        .toList();
  }

  private static EngineStanding standing(EngineState engine, List<TargetStanding> targets) {
    EngineState.Seen seen = engine.seen();
    int running = engine.running();
    return new EngineStanding(
        engine.engine(),
        seen.checkup(),
        seen.at(),
        running,
        Math.max(0, engine.busy() - running),
        engine.places(),
        targets);
  }

  /** Asks no more. Calls go on. */
  @Override
  public void close() {
    rounds.close();
  }

  private static final class TakenPlace implements Place {
    private final Destination destination;
    private final EngineState engine;
    private final TargetState target;
    private final Pass pass;
    private final KeyId key;
    private final Duration waited;
    private final long since = System.nanoTime();
    private boolean left;

    TakenPlace(
        Destination destination,
        EngineState engine,
        TargetState target,
        Pass pass,
        KeyId key,
        Duration waited) {
      this.destination = destination;
      this.engine = engine;
      this.target = target;
      this.pass = pass;
      this.key = key;
      this.waited = waited;
    }

    @Override
    public Destination destination() {
      return destination;
    }

    @Override
    public Duration waited() {
      return waited;
    }

    @Override
    public void leave(Delivery delivery) {
      left = true;
      target.ended(pass, delivery);
      engine.leave(key, Duration.ofNanos(System.nanoTime() - since));
    }

    @Override
    public void close() {
      if (!left) {
        left = true;
        target.forgotten(pass);
        engine.leave(key, null);
      }
    }
  }
}
