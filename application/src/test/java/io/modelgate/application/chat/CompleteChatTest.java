package io.modelgate.application.chat;

import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aCallFor;
import static io.modelgate.testing.Samples.aKey;
import static io.modelgate.testing.Samples.aRoute;
import static io.modelgate.testing.Samples.disabled;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.chat.CompleteChat.Outcome;
import io.modelgate.application.port.Limits;
import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.Quotas.Verdict.Reserved;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitStanding.Allowance;
import io.modelgate.domain.access.ModelPattern;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.RateBreach;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.RetryPolicy;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.testing.BrokenStore;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.InMemoryQuotas;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.ScriptedLimits;
import io.modelgate.testing.ScriptedTargets;
import io.modelgate.testing.ScriptedUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompleteChatTest {
  private static final ModelRoute FAST = aRoute("fast", BackendKind.VLLM);
  private static final TokenUsage TOKENS = new TokenUsage(12, 30);
  private static final Metered USED = TOKENS.by(UsageSource.UPSTREAM);
  private static final Metered SO_FAR = TOKENS.by(UsageSource.RUNNING_COUNT);
  private static final UpstreamFailure CUT = new UpstreamFailure.CutOff("eof");
  private static final long ASSUMED = 4096;
  private static final RetryPolicy POLICY =
      new RetryPolicy(3, Duration.ofMillis(100), Duration.ofSeconds(5), false);

  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();
  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final InMemoryQuotas quotas = new InMemoryQuotas();
  private ScriptedLimits limits = new ScriptedLimits();
  private ScriptedTargets targets = new ScriptedTargets();
  private ApiKey alice = aKey("key_alice", "sk-mg-alice");
  private final MemorySink sink = new MemorySink();

  CompleteChatTest() {
    routes.add(FAST, DEED);
    routes.add(aRoute("echo", BackendKind.ECHO), DEED);
    keys.add(alice, DEED);
  }

  /** Whatever a test did, nothing is left set aside and every pass was given back. */
  @AfterEach
  void leavesNothingBehind() {
    assertThat(standing().reserved()).isZero();
    assertThat(limits.settled).hasSameSizeAs(limits.taken);
    assertThat(targets.taken).isZero();
  }

  @Test
  void carriesTheReplyAndEndsItAfterItIsSettled() {
    var upstream = new ScriptedUpstream(complete());
    var looking = new SinkThatLooksAtTheBill();

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), looking);

    assertThat(outcome).isInstanceOf(Outcome.Answered.class);
    assertThat(upstream.destinations).extracting(Destination::route).containsExactly(FAST);
    assertThat(looking.memory.text()).isEqualTo(ScriptedUpstream.SENT + "the end");
    assertThat(looking.memory.isEnded()).isTrue();
    assertThat(looking.chargedAtTheEnd).isEqualTo(42);
    assertThat(looking.passesAtTheEnd).isEqualTo(1);
  }

  @Test
  void keepsOneRecordOfIt() {
    completeChat(new ScriptedUpstream(complete())).handle(alice, aCallFor("fast"), sink);

    UsageRecord record = onlyRecord();
    assertThat(record.requestId()).isEqualTo("req_1");
    assertThat(record.time()).isEqualTo(NOON);
    assertThat(record.key()).isEqualTo(alice.id());
    assertThat(record.model()).isEqualTo("fast");
    assertThat(record.upstreamModel()).isEqualTo("fast");
    assertThat(record.backend()).isEqualTo(BackendKind.VLLM);
    assertThat(record.usage()).isEqualTo(USED);
    assertThat(record.ending()).isEqualTo(Ending.COMPLETED);
    assertThat(record.status()).isEqualTo(200);
    assertThat(record.stream()).isFalse();
    assertThat(record.timeToFirstByte()).isNotNull().isLessThanOrEqualTo(record.duration());
  }

  @Test
  void handsTheCallOnAsItCame() {
    var upstream = new ScriptedUpstream(complete());
    var call = aCallFor("fast");

    completeChat(upstream).handle(alice, call, sink);

    assertThat(upstream.calls).singleElement().isSameAs(call);
    assertThat(upstream.budgets.getFirst().cap()).isNull();
  }

  @Test
  void refusesAModelThatIsNotThere() {
    assertUnknown("slow");
    assertUnknown("");
    assertUnknown("no model's name");
  }

  @Test
  void refusesAModelThatIsDisabled() {
    routes.change(FAST.id(), route -> disabled(route), DEED);

    assertUnknown("fast");
  }

  @Test
  void refusesAModelWhoseBackendIsNotServed() {
    var upstream = ScriptedUpstream.serving(EnumSet.of(BackendKind.VLLM));

    var outcome = completeChat(upstream).handle(alice, aCallFor("echo"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.UnknownModel("echo")));
    assertThat(sink.head()).isNull();
  }

  @Test
  void refusesACallerWhoHasUsedEverything() {
    aliceMayUse(100);
    spend(100);
    var upstream = new ScriptedUpstream();

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast", 5), sink);

    var standing = new QuotaStanding(TokenQuota.of(100), 100, 0, null);
    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.QuotaExhausted(standing, 5)));
    assertThat(upstream.calls).isEmpty();
    assertThat(limits.taken).isEmpty();
    assertThat(sink.head()).isNull();
  }

  @Test
  void refusesACallerWhoMayUseNothing() {
    aliceMayUse(0);

    var outcome = completeChat(new ScriptedUpstream()).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome)
        .isEqualTo(
            new Outcome.Refused(
                new Refusal.QuotaExhausted(new QuotaStanding(TokenQuota.of(0), 0, 0, null), 0)));
  }

  @Test
  void refusesACallerWhoseRunningCallsHoldTheRest() {
    aliceMayUse(100);
    var held = (Reserved) reserve(new TokenDemand(10, 1, 90));

    var outcome = completeChat(new ScriptedUpstream()).handle(alice, aCallFor("fast", 5), sink);

    assertThat(outcome)
        .isEqualTo(
            new Outcome.Refused(
                new Refusal.QuotaBusy(new QuotaStanding(TokenQuota.of(100), 0, 100, null))));
    held.reservation().cancel();
  }

  @Test
  void setsAsideThePromptAndWhatTheCallMayBecome() {
    assertThat(setAside(new OutputDemand(3, 20L))).isEqualTo(5 + 3 * 20);
  }

  @Test
  void assumesALengthWhereNothingBoundsTheReply() {
    assertThat(setAside(new OutputDemand(2, null))).isEqualTo(5 + 2 * ASSUMED);
  }

  @Test
  void takesTheModelsOwnLengthWhereTheCallNamesNone() {
    routes.change(FAST.id(), route -> withMaxOutputTokens(route, 100), DEED);

    assertThat(setAside(new OutputDemand(1, null))).isEqualTo(5 + 100);
    assertThat(setAside(new OutputDemand(1, 7L))).isEqualTo(5 + 7);
  }

  private long setAside(OutputDemand demand) {
    var upstream = new ScriptedUpstream(complete());
    upstream.demand = demand;

    completeChat(upstream).handle(alice, aCallFor("fast", 5), new MemorySink());

    return limits.taken.getLast();
  }

  @Test
  void boundsACallThatAsksForMoreThanIsLeft() {
    aliceMayUse(100);
    spend(50);
    var upstream = new ScriptedUpstream(complete());
    upstream.demand = new OutputDemand(2, null);

    completeChat(upstream).handle(alice, aCallFor("fast", 5), sink);

    OutputBudget budget = upstream.budgets.getFirst();
    assertThat(budget.cap()).isEqualTo(22);
    assertThat(budget.promptEstimate()).isEqualTo(5);
  }

  @Test
  void letsAReplyGrowByBlocksUntilTheQuotaIsUsedUp() {
    aliceMayUse(4096 + 1500);
    List<Long> granted = new ArrayList<>();
    var upstream =
        new ScriptedUpstream(complete()) {
          @Override
          public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink into) {
            for (long tokens : new long[] {4096, 4097, 5121, 5596, 5597}) {
              granted.add(budget.allows(tokens) ? budget.granted() : -1);
            }
            return super.send(to, call, budget, into);
          }
        };

    completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(granted).containsExactly(4096L, 4096L + 1024, 5596L, 5596L, -1L);
  }

  @Test
  void heedsAQuotaThatIsChangedWhileAReplyGrows() {
    aliceMayUse(1_000_000);
    List<Boolean> allowed = new ArrayList<>();
    var upstream =
        new ScriptedUpstream(complete()) {
          @Override
          public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink into) {
            allowed.add(budget.allows(5000));
            keys.change(
                alice.id(), key -> key.on(terms -> terms.withQuota(TokenQuota.of(5500))), DEED);
            allowed.add(budget.allows(5400));
            allowed.add(budget.allows(5501));
            keys.change(
                alice.id(), key -> key.on(terms -> terms.withQuota(TokenQuota.UNLIMITED)), DEED);
            allowed.add(budget.allows(5501));
            keys.remove(List.of(alice.id()), DEED);
            allowed.add(budget.allows(99_999));
            return super.send(to, call, budget, into);
          }
        };

    completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(allowed).containsExactly(true, true, false, true, false);
  }

  @Test
  void refusesACallerWhoCallsTooOftenAndTakesNothing() {
    var breach =
        new RateBreach(
            RateBreach.Rule.REQUESTS, 3, 3, Duration.ofSeconds(20), Duration.ofSeconds(60));
    var standing = new LimitStanding(new Allowance(3, 0, Duration.ofSeconds(60)), null, 0);
    limits = new ScriptedLimits(new Limits.Verdict.Limited(breach, standing));
    var upstream = new ScriptedUpstream();

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.RateLimited(breach)));
    assertThat(sink.standing()).isEqualTo(standing);
    assertThat(upstream.calls).isEmpty();
    assertThat(quotas.records()).isEmpty();
  }

  @Test
  void refusesEverybodyWhenLimitsCannotBeTold() {
    limits = new ScriptedLimits(new Limits.Verdict.Unavailable());

    var outcome = completeChat(new ScriptedUpstream()).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.LimitsUnavailable()));
  }

  @Test
  void refusesEverybodyWhenUsageCannotBeKept() {
    var outcome =
        completeChat(new ScriptedUpstream(), BrokenStore.refusing(quotas))
            .handle(alice, aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.UsageUnavailable()));
  }

  @Test
  void tellsTheQuotaWhereThereIsNoLimitOfTokensAMinute() {
    keys.change(
        alice.id(),
        key -> key.on(terms -> terms.withQuota(new TokenQuota(1_000_000L, QuotaPeriod.DAY))),
        DEED);
    alice = keys.byId(alice.id()).orElseThrow();
    spend(10);

    completeChat(new ScriptedUpstream(complete())).handle(alice, aCallFor("fast", 4), sink);

    assertThat(sink.standing())
        .isEqualTo(
            new LimitStanding(
                null,
                new Allowance(1_000_000, 1_000_000 - 10 - 4 - ASSUMED, Duration.ofHours(12)),
                0));
  }

  @Test
  void reportsABackendThatGaveNoReplyAndChargesNothing() {
    var failure = new UpstreamFailure.Unanswered("reset");
    var upstream = new ScriptedUpstream(new Delivery.NoReply(failure));

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome)
        .isEqualTo(
            new Outcome.Failed(
                new SettledCall(Destination.first(FAST), onlyRecord(), true), failure));
    assertThat(sink.head()).isNull();
    assertThat(onlyRecord().ending()).isEqualTo(Ending.REFUSED_BY_BACKEND);
    assertThat(onlyRecord().status()).isEqualTo(502);
    assertThat(onlyRecord().timeToFirstByte()).isNull();
    assertThat(standing().used()).isZero();
  }

  @Test
  void tellsTheClientThatAReplyBrokeOffAndChargesWhatCame() {
    var upstream = new ScriptedUpstream(new Delivery.BrokenOff(SO_FAR, CUT));

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome)
        .isEqualTo(
            new Outcome.BrokenOff(
                new SettledCall(Destination.first(FAST), onlyRecord(), true), CUT));
    assertThat(sink.failure()).isEqualTo(CUT);
    assertThat(sink.isEnded()).isFalse();
    assertThat(onlyRecord().ending()).isEqualTo(Ending.UPSTREAM_BROKE);
    assertThat(onlyRecord().usage()).isEqualTo(SO_FAR);
    assertThat(standing().used()).isEqualTo(42);
    assertThat(limits.settled).containsExactly(42L);
  }

  @Test
  void tellsABackendThatIsTooSlowFromOneThatFails() {
    var slow = new UpstreamFailure.TimedOut(UpstreamFailure.Phase.SILENCE, Duration.ofSeconds(1));

    completeChat(new ScriptedUpstream(new Delivery.BrokenOff(SO_FAR, slow)))
        .handle(alice, aCallFor("fast"), sink);

    assertThat(onlyRecord().ending()).isEqualTo(Ending.TIMED_OUT);
  }

  @Test
  void endsAReplyThatReachedTheQuota() {
    var upstream = new ScriptedUpstream(new Delivery.CutShort(SO_FAR, "the end".getBytes(UTF_8)));

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome).isInstanceOf(Outcome.Answered.class);
    assertThat(sink.text()).endsWith("the end");
    assertThat(onlyRecord().ending()).isEqualTo(Ending.CUT_BY_QUOTA);
    assertThat(standing().used()).isEqualTo(42);
  }

  @Test
  void chargesAClientThatHungUpDuringTheReply() {
    var upstream = new ScriptedUpstream(new Delivery.Abandoned(SO_FAR));

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome).isInstanceOf(Outcome.Abandoned.class);
    assertThat(sink.isEnded()).isFalse();
    assertThat(onlyRecord().ending()).isEqualTo(Ending.CLIENT_GONE);
    assertThat(onlyRecord().status()).isEqualTo(499);
    assertThat(standing().used()).isEqualTo(42);
  }

  @Test
  void chargesAClientThatHungUpBeforeTheEnd() {
    var outcome =
        completeChat(new ScriptedUpstream(complete()))
            .handle(alice, aCallFor("fast"), MemorySink.hangingUpAfter(1));

    assertThat(outcome).isInstanceOf(Outcome.Abandoned.class);
    assertThat(onlyRecord().ending()).isEqualTo(Ending.COMPLETED);
    assertThat(standing().used()).isEqualTo(42);
  }

  @Test
  void chargesAClientThatHungUpBeforeItCouldBeToldOfAFailure() {
    var upstream = new ScriptedUpstream(new Delivery.BrokenOff(SO_FAR, CUT));

    var outcome =
        completeChat(upstream).handle(alice, aCallFor("fast"), MemorySink.hangingUpAfter(1));

    assertThat(outcome).isInstanceOf(Outcome.Abandoned.class);
    assertThat(standing().used()).isEqualTo(42);
  }

  @Test
  void tellsAClientWhoseStreamTheGatewayEnds() {
    var upstream = new ScriptedUpstream(new Delivery.Abandoned(SO_FAR));
    sink.stop();

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome).isInstanceOf(Outcome.BrokenOff.class);
    assertThat(sink.failure()).isEqualTo(new UpstreamFailure.Stopped());
    assertThat(onlyRecord().ending()).isEqualTo(Ending.SHUT_DOWN);
    assertThat(onlyRecord().status()).isEqualTo(200);
    assertThat(standing().used()).isEqualTo(42);
  }

  @Test
  void failsACallThatTheGatewayEndsBeforeItsReply() {
    var upstream =
        new ScriptedUpstream() {
          @Override
          public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink into) {
            return new Delivery.Abandoned(Metered.NOTHING);
          }
        };
    sink.stop();

    var outcome = completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.failure()).isEqualTo(new UpstreamFailure.Stopped()));
    assertThat(sink.head()).isNull();
    assertThat(onlyRecord().ending()).isEqualTo(Ending.SHUT_DOWN);
  }

  /** The server interrupts what does not end when it is told to. */
  @Test
  void tellsACallThatTheGatewaysStopEnded() {
    var upstream =
        new ScriptedUpstream(new Delivery.BrokenOff(SO_FAR, CUT)) {
          @Override
          public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink into) {
            Thread.currentThread().interrupt();
            return super.send(to, call, budget, into);
          }
        };

    completeChat(upstream).handle(alice, aCallFor("fast"), sink);

    assertThat(Thread.interrupted()).as("stays set").isTrue();
    assertThat(onlyRecord().ending()).isEqualTo(Ending.SHUT_DOWN);
    assertThat(standing().used()).isEqualTo(42);
  }

  @Test
  void givesTheReplyEvenWhenItsRecordIsOwed() {
    var outcome =
        completeChat(new ScriptedUpstream(complete()), BrokenStore.over(quotas))
            .handle(alice, aCallFor("fast"), sink);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Answered.class, answered -> assertThat(answered.settled().durable()).isFalse());
    assertThat(sink.isEnded()).isTrue();
  }

  @Test
  void settlesACallThatABugEnds() {
    var bug = new IllegalStateException("a bug");
    var upstream =
        new ScriptedUpstream() {
          @Override
          public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink into) {
            throw bug;
          }
        };

    assertThatThrownBy(() -> completeChat(upstream).handle(alice, aCallFor("fast"), sink))
        .isSameAs(bug);

    assertThat(onlyRecord().status()).isEqualTo(500);
    assertThat(standing().used()).isZero();
  }

  @Test
  void refusesAModelThatTheKeyMayNotCallWhetherThereIsOneOrNot() {
    aliceMayCall("fas*");

    assertThat(outcomeFor("echo"))
        .isEqualTo(new Outcome.Refused(new Refusal.ModelNotAllowed("echo")));
    assertThat(outcomeFor("none"))
        .isEqualTo(new Outcome.Refused(new Refusal.ModelNotAllowed("none")));
    assertThat(outcomeFor("fast")).isInstanceOf(Outcome.Answered.class);
  }

  @Test
  void doesNotFallBackOnAModelThatTheKeyMayNotCall() {
    aliceMayCall("main");
    ModelRoute main = aRoute("main", BackendKind.VLLM);
    routes.add(
        new ModelRoute(
            main.id(),
            main.name(),
            main.targets(),
            List.of(FAST.name()),
            null,
            null,
            null,
            true,
            NOON,
            NOON),
        DEED);
    var failing =
        new ScriptedUpstream(
            new Delivery.NoReply(new UpstreamFailure.Unreachable("refused")),
            new Delivery.NoReply(new UpstreamFailure.Unreachable("refused")),
            new Delivery.NoReply(new UpstreamFailure.Unreachable("refused")));

    var outcome = completeChat(failing).handle(alice, aCallFor("main"), sink);

    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThat(failing.destinations).extracting(Destination::route).doesNotContain(FAST);
  }

  private Outcome outcomeFor(String model) {
    return completeChat(new ScriptedUpstream(complete()))
        .handle(alice, aCallFor(model), new MemorySink());
  }

  private void aliceMayCall(String pattern) {
    var scope = new KeyScope(List.of(new ModelPattern(pattern)), null, List.of());
    alice = alice.on(terms -> terms.withScope(scope));
  }

  private static Delivery complete() {
    return new Delivery.Complete(USED, "the end".getBytes(UTF_8));
  }

  private CompleteChat completeChat(ScriptedUpstream upstream) {
    return completeChat(upstream, quotas);
  }

  private CompleteChat completeChat(ScriptedUpstream upstream, Quotas counts) {
    return new CompleteChat(
        new ListModels(routes, upstream),
        keys,
        counts,
        limits,
        upstream,
        targets,
        () -> POLICY,
        new Random(1),
        () -> NOON,
        () -> ASSUMED);
  }

  private void aliceMayUse(long tokens) {
    alice =
        keys.change(
                alice.id(), key -> key.on(terms -> terms.withQuota(TokenQuota.of(tokens))), DEED)
            .orElseThrow();
  }

  private void spend(long tokens) {
    quotas.charge(alice.id(), tokens, NOON);
  }

  private Quotas.Verdict reserve(TokenDemand demand) {
    return quotas.reserve(alice.id(), TokenQuota.UNLIMITED, demand, NOON);
  }

  private QuotaStanding standing() {
    return quotas.standing(alice.id(), alice.terms().quota(), NOON);
  }

  private UsageRecord onlyRecord() {
    assertThat(quotas.records()).hasSize(1);
    return quotas.records().getFirst();
  }

  private static ModelRoute withMaxOutputTokens(ModelRoute route, long tokens) {
    return new ModelRoute(
        route.id(),
        route.name(),
        route.targets(),
        route.fallbacks(),
        route.timeout(),
        route.streamUsage(),
        tokens,
        route.enabled(),
        route.createdAt(),
        route.updatedAt());
  }

  private void assertUnknown(String model) {
    var upstream = new ScriptedUpstream();

    var outcome = completeChat(upstream).handle(alice, aCallFor(model), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.UnknownModel(model)));
    assertThat(upstream.calls).isEmpty();
    assertThat(sink.head()).isNull();
  }

  /** Notes what had been settled when the reply ended. */
  private final class SinkThatLooksAtTheBill implements ReplySink {
    final MemorySink memory = new MemorySink();
    long chargedAtTheEnd = -1;
    int passesAtTheEnd = -1;

    @Override
    public void whenGone(Runnable hangUp) {}

    @Override
    public boolean isStopped() {
      return sink.isStopped();
    }

    @Override
    public void announce(LimitStanding standing) {
      memory.announce(standing);
    }

    @Override
    public void announce(ModelName standIn) {}

    @Override
    public void awaitReply() {}

    @Override
    public int statusOf(UpstreamFailure failure) {
      return memory.statusOf(failure);
    }

    @Override
    public void open(ReplyHead head) {
      memory.open(head);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      memory.write(bytes, offset, length);
    }

    @Override
    public void end(byte[] rest) {
      chargedAtTheEnd = standing().used();
      passesAtTheEnd = limits.settled.size();
      memory.end(rest);
    }

    @Override
    public void fail(UpstreamFailure failure) {
      memory.fail(failure);
    }
  }
}
