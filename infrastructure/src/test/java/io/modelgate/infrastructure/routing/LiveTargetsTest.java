package io.modelgate.infrastructure.routing;

import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aCallFor;
import static io.modelgate.testing.Samples.aKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Targets.EngineStanding;
import io.modelgate.application.port.Targets.Place;
import io.modelgate.application.port.Targets.Turn;
import io.modelgate.application.port.Targets.Wish;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.CircuitBreaker;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.Health;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.infrastructure.routing.RoutingSettings.Affinity;
import io.modelgate.infrastructure.routing.RoutingSettings.Places;
import io.modelgate.testing.MemorySink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveTargetsTest {
  private static final UpstreamFailure DEAD = new UpstreamFailure.Unreachable("refused");
  private static final Delivery FAILED = new Delivery.NoReply(DEAD);
  private static final Delivery DONE = new Delivery.Complete(Metered.NOTHING, new byte[0]);

  private static final Duration PATIENT = Duration.ofDays(1);

  private final Destination a = to("a", 0);
  private final Destination b = to("b", 0);
  private final ApiKey greedy = aKey("key_greedy", "sk-mg-greedy");
  private final ApiKey light = aKey("key_light", "sk-mg-light");
  private final MemorySink sink = new MemorySink();
  private final Map<String, Checkup> checkups = new ConcurrentHashMap<>();
  private final AtomicInteger questions = new AtomicInteger();
  private volatile List<Destination> inUse = List.of(a, b);
  private volatile RoutingSettings settings = settings(Affinity.NONE, null, 0, 5, 0);
  private final LiveTargets targets =
      LiveTargets.open(() -> settings, () -> inUse, this::ask, new Random(1), () -> NOON);

  @AfterEach
  void close() {
    targets.close();
  }

  private Checkup ask(Destination destination) {
    questions.incrementAndGet();
    return checkups.getOrDefault(
        host(destination), new Checkup(Health.READY, "answered 200", Duration.ofMillis(1)));
  }

  @Test
  void givesPlacesWithoutEndWhereThereIsNoBound() {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      places.add(place(greedy, a));
    }

    assertThat(standing("a").running()).isEqualTo(100);
    places.forEach(Place::close);
    assertThat(standing("a").running()).isZero();
  }

  @Test
  void spreadsCallsOverWhatIsLessBusy() {
    for (int i = 0; i < 10; i++) {
      place(greedy, a, b);
    }

    assertThat(standing("a").running()).isEqualTo(5);
    assertThat(standing("b").running()).isEqualTo(5);
  }

  @Test
  void keepsTheCallsOfAKeyTogetherWhenToldTo() {
    settings = settings(Affinity.KEY, null, 0, 5, 0);
    for (int i = 0; i < 10; i++) {
      place(greedy, a, b);
    }

    assertThat(List.of(standing("a").running(), standing("b").running()))
        .containsExactlyInAnyOrder(0, 10);
  }

  @Test
  void keepsCallsThatBeginAlikeTogetherWhenToldTo() {
    settings = settings(Affinity.PREFIX, null, 0, 5, 0);
    for (int i = 0; i < 10; i++) {
      place(i % 2 == 0 ? greedy : light, a, b);
    }

    assertThat(List.of(standing("a").running(), standing("b").running()))
        .containsExactlyInAnyOrder(0, 10);
  }

  @Test
  void turnsCallsAwayThatFindTheLineFull() {
    settings = settings(Affinity.NONE, 1L, 0, 5, 0);
    Place place = place(greedy, a);

    assertThat(turn(light, a)).isEqualTo(new Turn.Busy(Duration.ofSeconds(1)));

    place.leave(DONE);
    assertThat(turn(light, a)).isInstanceOf(Turn.Granted.class);
  }

  @Test
  void turnsToAnotherTargetBeforeItTurnsACallAway() {
    settings = settings(Affinity.NONE, 1L, 0, 5, 0);
    Destination spare = to("b", 1);
    place(greedy, a, spare);

    Place place = place(light, a, spare);

    assertThat(host(place.destination())).isEqualTo("b");
    assertThat(turn(light, a, spare)).isInstanceOf(Turn.Busy.class);
  }

  @Test
  void turnsACallAwayThatWaitedTooLong() {
    settings = settings(Affinity.NONE, 1L, 9, 5, 0);
    place(greedy, a);

    assertThat(turn(light, a)).isInstanceOf(Turn.Busy.class);
    assertThat(standing("a").waiting()).isZero();
  }

  @Test
  void servesAKeyThatComesLateBeforeTheLineOfAnother() throws Exception {
    settings = withPatience(settings(Affinity.NONE, 1L, 9, 5, 0));
    Place first = place(greedy, a);
    List<CompletableFuture<Turn>> queued = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      queued.add(later(greedy, new MemorySink()));
      awaitWaiting(i + 1);
    }
    CompletableFuture<Turn> late = later(light, new MemorySink());
    awaitWaiting(4);

    first.leave(DONE);

    Place place = ((Turn.Granted) late.get()).place();
    assertThat(place.waited()).isPositive();
    assertThat(queued).noneMatch(CompletableFuture::isDone);
    place.leave(DONE);
    for (var next : queued) {
      ((Turn.Granted) next.get()).place().leave(DONE);
    }
    assertThat(standing("a").running()).isZero();
  }

  @Test
  void freesThePlaceInLineOfAClientThatLeaves() throws Exception {
    settings = withPatience(settings(Affinity.NONE, 1L, 1, 5, 0));
    Place first = place(greedy, a);
    var leaving = new MemorySink();
    CompletableFuture<Turn> left = later(light, leaving);
    awaitWaiting(1);

    leaving.hangUp();

    assertThat(left.get()).isInstanceOf(Turn.Gone.class);
    assertThat(standing("a").waiting()).isZero();
    CompletableFuture<Turn> next = later(light, new MemorySink());
    awaitWaiting(1);
    first.leave(DONE);
    assertThat(next.get()).isInstanceOf(Turn.Granted.class);
  }

  @Test
  void morePlacesLetThoseInThatWait() throws Exception {
    settings = withPatience(settings(Affinity.NONE, 1L, 9, 5, 20));
    place(greedy, a);
    CompletableFuture<Turn> waiting = later(light, new MemorySink());
    awaitWaiting(1);

    settings = withPatience(settings(Affinity.NONE, 2L, 9, 5, 20));

    assertThat(waiting.get()).isInstanceOf(Turn.Granted.class);
  }

  @Test
  void leavesATargetAloneThatFailsAgainAndAgain() {
    settings = settings(Affinity.NONE, null, 0, 3, 0);
    fail(a, 3);

    assertThat(turn(light, a))
        .isInstanceOfSatisfying(
            Turn.Failing.class, failing -> assertThat(failing.retryAfter()).isPositive());
    assertThat(host(place(light, a, b).destination())).isEqualTo("b");
    assertThat(standing("a").targets().getFirst().breaker()).isEqualTo(CircuitBreaker.State.OPEN);
    assertThat(standing("a").targets().getFirst().failures()).isEqualTo(3);
    assertThat(standing("a").targets().getFirst().lastFailure()).isEqualTo("unreachable");
  }

  @Test
  void doesNotHoldItAgainstATargetThatAClientOrAnAccountIsWrong() {
    settings = settings(Affinity.NONE, null, 0, 3, 0);
    var error = new UpstreamError("no", null, null, null);
    for (int i = 0; i < 5; i++) {
      place(light, a).leave(new Delivery.NoReply(new UpstreamFailure.Rejected(429, error, null)));
      place(light, a).leave(new Delivery.NoReply(new UpstreamFailure.Rejected(400, error, null)));
      place(light, a).leave(new Delivery.NoReply(new UpstreamFailure.NotAuthorized(401)));
      place(light, a).leave(new Delivery.Abandoned(Metered.NOTHING));
      place(light, a).close();
    }

    assertThat(standing("a").targets().getFirst().breaker()).isEqualTo(CircuitBreaker.State.CLOSED);
    assertThat(standing("a").targets().getFirst().failures()).isZero();
    assertThat(standing("a").running()).isZero();
  }

  @Test
  void aReplyThatBreaksOffIsAFailure() {
    settings = settings(Affinity.NONE, null, 0, 3, 0);
    for (int i = 0; i < 3; i++) {
      place(light, a).leave(new Delivery.BrokenOff(Metered.NOTHING, DEAD));
    }

    assertThat(turn(light, a)).isInstanceOf(Turn.Failing.class);
  }

  @Test
  void triesATargetAgainAsSoonAsItsEngineIsWell() {
    checkups.put("a", new Checkup(Health.DOWN, "refused", Duration.ZERO));
    settings = settings(Affinity.NONE, null, 0, 3, 20);
    until(() -> standing("a").checkup().health() == Health.DOWN);
    fail(a, 3);
    assertThat(turn(light, a)).isInstanceOf(Turn.Failing.class);

    checkups.remove("a");

    until(() -> standing("a").checkup().health() == Health.READY);
    until(() -> turn(light, a) instanceof Turn.Granted);
  }

  @Test
  void sendsNoCallToAnEngineThatIsLoadingWhileAnotherIsReady() {
    checkups.put("a", new Checkup(Health.LOADING, "answered 503", Duration.ZERO));
    settings = settings(Affinity.NONE, null, 0, 5, 20);
    until(() -> standing("a").checkup().health() == Health.LOADING);

    for (int i = 0; i < 10; i++) {
      assertThat(host(place(light, a, b).destination())).isEqualTo("b");
    }
    assertThat(host(place(light, a).destination())).as("when there is no other").isEqualTo("a");
  }

  @Test
  void asksNobodyWhenToldNotTo() {
    assertThat(standing("a").checkup()).isEqualTo(Checkup.NONE);
    assertThat(standing("a").checkedAt()).isNull();
    assertThat(questions).hasValue(0);
  }

  @Test
  void forgetsEnginesThatNobodyUses() {
    settings = settings(Affinity.NONE, null, 0, 1, 20);
    fail(a, 1);
    until(() -> standing("a").checkedAt() != null);

    inUse = List.of(b);
    until(() -> targets.standings().size() == 1 && isForgotten());
  }

  private boolean isForgotten() {
    return turn(light, a) instanceof Turn.Granted(Place place) && isClosed(place);
  }

  private static boolean isClosed(Place place) {
    place.close();
    return true;
  }

  @Test
  void aPauseIsWaitedUnlessTheClientLeaves() throws Exception {
    var wish = new Wish(List.of(a), light, aCallFor("fast"), Duration.ofMillis(30), PATIENT);
    long began = System.nanoTime();

    assertThat(targets.await(wish, sink)).isInstanceOf(Turn.Granted.class);

    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(29));
    var leaving = new MemorySink();
    var patient = new Wish(List.of(a), light, aCallFor("fast"), Duration.ofMinutes(1), PATIENT);
    var left = CompletableFuture.supplyAsync(() -> targets.await(patient, leaving));
    until(
        () -> {
          leaving.hangUp();
          return left.isDone();
        });
    assertThat(left.get()).isInstanceOf(Turn.Gone.class);
  }

  @Test
  void waitsInLineNoLongerThanTheCallHasTime() {
    settings = settings(Affinity.NONE, 1L, 10, 5, 0);
    Place taken = place(greedy, a);
    var hurried =
        new Wish(List.of(a), light, aCallFor("fast"), Duration.ZERO, Duration.ofMillis(30));

    assertThat(targets.await(hurried, sink)).isInstanceOf(Turn.Busy.class);

    assertThat(standing("a").waiting()).isZero();
    taken.close();
  }

  /** Waits for what another thread is about to do. */
  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it should have come by now").isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private void fail(Destination destination, int times) {
    for (int i = 0; i < times; i++) {
      place(light, destination).leave(FAILED);
    }
  }

  private CompletableFuture<Turn> later(ApiKey key, MemorySink by) {
    var wish = new Wish(List.of(a), key, aCallFor("fast"), Duration.ZERO, PATIENT);
    var turn = new CompletableFuture<Turn>();
    Thread.ofVirtual().start(() -> turn.complete(targets.await(wish, by)));
    return turn;
  }

  private void awaitWaiting(int calls) {
    until(() -> standing("a").waiting() == calls);
  }

  private Place place(ApiKey key, Destination... destinations) {
    Turn turn = turn(key, destinations);
    assertThat(turn).isInstanceOf(Turn.Granted.class);
    return ((Turn.Granted) turn).place();
  }

  private Turn turn(ApiKey key, Destination... destinations) {
    return targets.await(
        new Wish(List.of(destinations), key, aCallFor("fast"), Duration.ZERO, PATIENT), sink);
  }

  private EngineStanding standing(String host) {
    return targets.standings().stream()
        .filter(standing -> host(standing.targets().getFirst().destination()).equals(host))
        .findFirst()
        .orElseThrow();
  }

  private static String host(Destination destination) {
    return String.valueOf(destination.target().baseUrl()).substring("http://".length());
  }

  private static RoutingSettings withPatience(RoutingSettings settings) {
    Places places = settings.placesOf(BackendKind.VLLM);
    return new RoutingSettings(
        settings.affinity(),
        settings.breaker(),
        Map.of(
            BackendKind.VLLM,
            new Places(places.maxConcurrent(), places.maxQueue(), Duration.ofSeconds(20))),
        settings.weights(),
        settings.checkEvery());
  }

  private static RoutingSettings settings(
      Affinity affinity, @Nullable Long places, int queue, int failures, int checkMillis) {
    return new RoutingSettings(
        affinity,
        new CircuitBreaker.Rule(failures, 1, 1_000, Duration.ofSeconds(30), Duration.ofMinutes(10)),
        Map.of(BackendKind.VLLM, new Places(places, queue, Duration.ofMillis(30))),
        Map.of(Tier.FREE, 1, Tier.PAID, 4),
        Duration.ofMillis(checkMillis));
  }

  private static Destination to(String host, int priority) {
    var target =
        new Target(BackendKind.VLLM, BaseUrl.of("http://" + host), null, null, 1, priority);
    return Destination.first(
        new ModelRoute(
            new ModelId("mdl_1"),
            new ModelName("fast"),
            List.of(target),
            List.of(),
            null,
            null,
            null,
            true,
            NOON,
            NOON));
  }
}
