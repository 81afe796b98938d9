package io.modelgate.application.chat;

import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aCallFor;
import static io.modelgate.testing.Samples.aKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.chat.CompleteChat.Outcome;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.Targets.Turn;
import io.modelgate.application.port.Targets.Wish;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.application.port.UsageRecord.FailedAttempt;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.RetryPolicy;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.InMemoryQuotas;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.ScriptedLimits;
import io.modelgate.testing.ScriptedTargets;
import io.modelgate.testing.ScriptedUpstream;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AttemptsTest {
  private static final UpstreamFailure DEAD = new UpstreamFailure.Unreachable("refused");
  private static final UpstreamFailure HALF_DONE = new UpstreamFailure.Unanswered("reset");
  private static final Delivery FAILS = new Delivery.NoReply(DEAD);

  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();
  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final InMemoryQuotas quotas = new InMemoryQuotas();
  private final ScriptedLimits limits = new ScriptedLimits();
  private final ApiKey alice = aKey("key_alice", "sk-mg-alice");
  private final MemorySink sink = new MemorySink();
  private ScriptedTargets targets = new ScriptedTargets();
  private ScriptedUpstream upstream = new ScriptedUpstream();

  AttemptsTest() {
    keys.add(alice, DEED);
    routes.add(route("fast", List.of(), "a", "b"), DEED);
  }

  @AfterEach
  void leavesNothingBehind() {
    assertThat(quotas.standing(alice.id(), alice.terms().quota(), NOON).reserved()).isZero();
    assertThat(limits.settled).hasSameSizeAs(limits.taken);
    assertThat(targets.taken).isZero();
  }

  @Test
  void asksAnotherTargetAtOnceWhenOneFails() {
    Outcome outcome = call(FAILS, complete());

    assertThat(outcome).isInstanceOf(Outcome.Answered.class);
    assertThat(asked()).containsExactly("a", "b");
    assertThat(targets.wishes).extracting(Wish::pause).containsOnly(Duration.ZERO);
    assertThat(targets.wishes.get(1).destinations()).hasSize(1);
    assertThat(record().ending()).isEqualTo(Ending.COMPLETED);
    assertThat(record().baseUrl()).isEqualTo(BaseUrl.of("http://b"));
    assertThat(record().waited()).isEqualTo(Duration.ofMillis(14));
    assertThat(record().failures())
        .singleElement()
        .satisfies(
            attempt -> {
              assertThat(attempt.failure()).isEqualTo(DEAD);
              assertThat(attempt.to().target().baseUrl()).isEqualTo(BaseUrl.of("http://a"));
              assertThat(attempt.waited()).isEqualTo(Duration.ofMillis(7));
            });
  }

  @Test
  void tellsEachPlaceHowItWent() {
    call(FAILS, complete());

    assertThat(targets.left.getFirst()).isEqualTo(FAILS);
    assertThat(targets.left.getLast()).isInstanceOf(Delivery.Complete.class);
  }

  @Test
  void asksTheSameTargetsAgainAfterAPauseAndThenGivesUp() {
    Outcome outcome = call(FAILS, FAILS, FAILS, FAILS);

    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThat(asked()).containsExactly("a", "b", "a", "b");
    assertThat(targets.wishes.get(2).pause())
        .isBetween(Duration.ofMinutes(4), Duration.ofMinutes(10));
    assertThat(targets.wishes.get(3).pause())
        .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(20));
    assertThat(record().ending()).isEqualTo(Ending.REFUSED_BY_BACKEND);
    assertThat(record().failures()).extracting(FailedAttempt::failure).hasSize(4);
  }

  @Test
  void doesNotRepeatWhatMayHaveCostTokens() {
    Outcome outcome = call(new Delivery.NoReply(HALF_DONE));

    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThat(asked()).containsExactly("a");
  }

  @Test
  void neverTriesAgainOnceAReplyHasBegun() {
    Outcome outcome = call(new Delivery.BrokenOff(used(), DEAD));

    assertThat(outcome).isInstanceOf(Outcome.BrokenOff.class);
    assertThat(asked()).containsExactly("a");
    assertThat(record().failures()).extracting(FailedAttempt::failure).containsExactly(DEAD);
  }

  @Test
  void saysThatABusyBackendAskedForTooLongAWait() {
    var busy =
        new UpstreamFailure.Rejected(429, new UpstreamError("slow down", null, null, null), "7201");

    Outcome outcome = call(new Delivery.NoReply(busy), new Delivery.NoReply(busy));

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class, failed -> assertThat(failed.failure()).isEqualTo(busy));
    assertThat(asked()).containsExactly("a", "b");
  }

  @Test
  void givesEachTargetTheTimeItAsksFor() {
    Outcome outcome = call(busyFor(4000), busyFor(1000), complete());

    assertThat(outcome).isInstanceOf(Outcome.Answered.class);
    assertThat(asked()).containsExactly("a", "b", "b");
    assertThat(targets.wishes.getLast().pause())
        .isBetween(Duration.ofMinutes(15), Duration.ofMinutes(20));
  }

  @Test
  void asksWhoAskedForMoreTimeOnlyWhenThatIsOver() {
    call(busyFor(4000), busyFor(1000), FAILS, complete());

    assertThat(asked()).containsExactly("a", "b", "b", "b");
    assertThat(targets.wishes.getLast().pause())
        .as("a backoff, doubled twice, half of it at random")
        .isBetween(Duration.ofMinutes(18), Duration.ofMinutes(40));
  }

  @Test
  void doesNotWaitForABackendBeyondTheCallsTime() {
    routes.remove(new ModelId("mdl_fast"), DEED);
    routes.add(route("fast", List.of(), Duration.ofMinutes(50), "a", "b"), DEED);

    Outcome outcome = call(FAILS, busyFor(3600), complete());

    assertThat(outcome).isInstanceOf(Outcome.Answered.class);
    assertThat(asked()).containsExactly("a", "b", "a");
    assertThat(targets.wishes.getLast().patience())
        .isBetween(Duration.ofMinutes(40), Duration.ofMinutes(50));
  }

  @Test
  void saysAtOnceThatABackendAskedForMoreThanTheCallsTime() {
    routes.remove(new ModelId("mdl_fast"), DEED);
    routes.add(route("fast", List.of(), Duration.ofMinutes(50), "a"), DEED);
    Delivery busy = busyFor(3600);

    Outcome outcome = call(busy);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(new Delivery.NoReply(failed.failure())).isEqualTo(busy));
    assertThat(asked()).containsExactly("a");
  }

  @Test
  void asksNobodyElseOnceTheCallsTimeIsOver() {
    routes.remove(new ModelId("mdl_fast"), DEED);
    routes.add(route("slow", List.of(), Duration.ofNanos(1), "c"), DEED);
    routes.add(route("fast", List.of("slow"), Duration.ofNanos(1), "a", "b"), DEED);

    Outcome outcome = call(FAILS);

    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThat(asked()).containsExactly("a");
  }

  private static Delivery busyFor(int seconds) {
    return new Delivery.NoReply(
        new UpstreamFailure.Rejected(
            429, new UpstreamError("slow down", null, null, null), String.valueOf(seconds)));
  }

  @Test
  void turnsToTheModelsThatStandIn() {
    routes.remove(new ModelId("mdl_fast"), DEED);
    routes.add(route("slow", List.of(), "c"), DEED);
    routes.add(route("fast", List.of("none", "slow"), "a"), DEED);

    Outcome outcome = call(FAILS, complete());

    assertThat(outcome).isInstanceOf(Outcome.Answered.class);
    assertThat(asked()).containsExactly("a", "c");
    assertThat(upstream.destinations.getLast().asked()).isEqualTo(new ModelName("fast"));
    assertThat(upstream.destinations.getLast().isAlias()).isTrue();
    assertThat(sink.standIn()).isEqualTo(new ModelName("slow"));
    assertThat(record().model()).isEqualTo("fast");
    assertThat(record().upstreamModel()).isEqualTo("slow");
  }

  @Test
  void setsAsideWhatTheHungriestOfAllMayTake() {
    upstream =
        new ScriptedUpstream(complete()) {
          @Override
          public OutputDemand demand(Destination to, ChatCall call) {
            return new OutputDemand(1, to.label().equals("2") ? 500L : 20L);
          }
        };

    chat().handle(alice, aCallFor("fast", 5), sink);

    assertThat(limits.taken).containsExactly(505L);
  }

  @Test
  void turnsACallAwayThatNobodyHasAPlaceFor() {
    targets = new ScriptedTargets(new Turn.Busy(Duration.ofSeconds(3)));

    assertThat(call())
        .isEqualTo(new Outcome.Refused(new Refusal.BackendsBusy(Duration.ofSeconds(3))));

    assertThat(quotas.records()).isEmpty();
    assertThat(limits.settled).containsExactly(0L);
  }

  @Test
  void turnsACallAwayWhileEveryTargetIsLeftAlone() {
    targets = new ScriptedTargets(new Turn.Failing(Duration.ofSeconds(3)));

    assertThat(call())
        .isEqualTo(new Outcome.Refused(new Refusal.BackendsFailing(Duration.ofSeconds(3))));
  }

  @Test
  void aModelThatStandsInTakesWhatTheFirstHasNoPlaceFor() {
    routes.remove(new ModelId("mdl_fast"), DEED);
    routes.add(route("slow", List.of(), "c"), DEED);
    routes.add(route("fast", List.of("slow"), "a"), DEED);
    targets = new ScriptedTargets(new Turn.Busy(Duration.ofSeconds(3)));

    assertThat(call(complete())).isInstanceOf(Outcome.Answered.class);

    assertThat(asked()).containsExactly("c");
    assertThat(record().failures()).isEmpty();
  }

  @Test
  void whatABackendSaidTellsMoreThanThatTheOthersAreBusy() {
    upstream = new ScriptedUpstream(FAILS);
    targets = new ScriptedTargets();

    Outcome outcome = callWhereTheSecondWishIsRefused();

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class, failed -> assertThat(failed.failure()).isEqualTo(DEAD));
  }

  private Outcome callWhereTheSecondWishIsRefused() {
    var once = new ScriptedTargets();
    var busy =
        new ScriptedTargets(
            new Turn.Busy(Duration.ofSeconds(1)), new Turn.Failing(Duration.ofSeconds(1)));
    var first = new boolean[] {true};
    return chat(new Targets() {
          @Override
          public List<EngineStanding> standings() {
            return List.of();
          }

          @Override
          public Turn await(Wish wish, ReplySink to) {
            boolean isFirst = first[0];
            first[0] = false;
            return (isFirst ? once : busy).await(wish, to);
          }
        })
        .handle(alice, aCallFor("fast"), sink);
  }

  @Test
  void recordsACallWhoseClientLeftInLine() {
    targets = new ScriptedTargets(new Turn.Gone());

    assertThat(call()).isInstanceOf(Outcome.Abandoned.class);

    assertThat(record().ending()).isEqualTo(Ending.CLIENT_GONE);
    assertThat(record().usage().tokens()).isEqualTo(TokenUsage.NONE);
  }

  @Test
  void tellsTheSinkThatItMayTakeAWhile() {
    call(complete());

    assertThat(sink.isAwaited()).isTrue();
  }

  @Test
  void leavesOutTargetsThatNobodyCanCall() {
    upstream = ScriptedUpstream.serving(EnumSet.of(BackendKind.OLLAMA), complete());
    routes.remove(new ModelId("mdl_fast"), DEED);
    routes.add(
        new ModelRoute(
            new ModelId("mdl_fast"),
            new ModelName("fast"),
            List.of(
                new Target(BackendKind.VLLM, BaseUrl.of("http://a"), null, null),
                new Target(BackendKind.OLLAMA, BaseUrl.of("http://b"), null, null)),
            List.of(),
            null,
            null,
            null,
            true,
            NOON,
            NOON),
        DEED);

    chat().handle(alice, aCallFor("fast"), sink);

    assertThat(asked()).containsExactly("b");
  }

  private Outcome call(Delivery... script) {
    upstream = new ScriptedUpstream(script);
    return chat().handle(alice, aCallFor("fast"), sink);
  }

  private CompleteChat chat() {
    return chat(targets);
  }

  private CompleteChat chat(Targets by) {
    return new CompleteChat(
        new ListModels(routes, upstream),
        keys,
        quotas,
        limits,
        upstream,
        by,
        () -> new RetryPolicy(4, Duration.ofMinutes(10), Duration.ofHours(2), false),
        new Random(1),
        () -> NOON,
        () -> 4096);
  }

  private List<String> asked() {
    return upstream.destinations.stream()
        .map(to -> String.valueOf(to.target().baseUrl()).substring("http://".length()))
        .toList();
  }

  private UsageRecord record() {
    assertThat(quotas.records()).hasSize(1);
    return quotas.records().getFirst();
  }

  private static Delivery complete() {
    return new Delivery.Complete(used(), new byte[0]);
  }

  private static TokenUsage.Metered used() {
    return new TokenUsage(1, 2).by(UsageSource.UPSTREAM);
  }

  private static ModelRoute route(String name, List<String> fallbacks, String... hosts) {
    return route(name, fallbacks, null, hosts);
  }

  private static ModelRoute route(
      String name, List<String> fallbacks, @Nullable Duration timeout, String... hosts) {
    return new ModelRoute(
        new ModelId("mdl_" + name),
        new ModelName(name),
        List.of(hosts).stream()
            .map(host -> new Target(BackendKind.VLLM, BaseUrl.of("http://" + host), null, null))
            .toList(),
        fallbacks.stream().map(ModelName::new).toList(),
        timeout,
        null,
        null,
        true,
        NOON,
        NOON);
  }
}
