package io.modelgate.application.chat;

import static io.modelgate.testing.Samples.aCallFor;
import static io.modelgate.testing.Samples.aKey;
import static io.modelgate.testing.Samples.aRoute;
import static io.modelgate.testing.Samples.disabled;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.chat.CompleteChat.Outcome;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.testing.BrokenStore;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.InMemoryQuotas;
import io.modelgate.testing.MemorySink;
import io.modelgate.testing.ScriptedUpstream;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class CompleteChatTest {
  private static final ModelRoute FAST = aRoute("fast", BackendKind.VLLM);
  private static final ApiKey ALICE = aKey("key_alice", "sk-mg-alice");
  private static final TokenUsage USED = new TokenUsage(12, 30);
  private static final UpstreamFailure CUT = new UpstreamFailure.CutOff("eof");

  private final InMemoryModelRoutes routes = new InMemoryModelRoutes();
  private final InMemoryQuotas quotas = new InMemoryQuotas();

  CompleteChatTest() {
    routes.add(FAST);
    routes.add(aRoute("echo", BackendKind.ECHO));
  }

  @Test
  void carriesTheReplyAndEndsItAfterTheChargeIsKept() {
    var upstream = new ScriptedUpstream(complete());
    var sink = new SinkThatLooksAtTheBill();

    var outcome = completeChat(upstream, quotas).handle(ALICE, aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Answered(FAST, USED, null));
    assertThat(upstream.routes).containsExactly(FAST);
    assertThat(sink.memory.text()).isEqualTo(ScriptedUpstream.SENT + "the end");
    assertThat(sink.memory.isEnded()).isTrue();
    assertThat(sink.chargedAtTheEnd).isEqualTo(42);
  }

  @Test
  void handsTheCallOnAsItCame() {
    var upstream = new ScriptedUpstream(complete());
    var call = aCallFor("fast");

    completeChat(upstream, quotas).handle(ALICE, call, new MemorySink());

    assertThat(upstream.calls).singleElement().isSameAs(call);
  }

  @Test
  void refusesAModelThatIsNotThere() {
    assertRefused("slow");
    assertRefused("");
    assertRefused("no model's name");
  }

  @Test
  void refusesAModelThatIsDisabled() {
    routes.change(FAST.id(), route -> disabled(route));

    assertRefused("fast");
  }

  @Test
  void refusesAModelWhoseBackendIsNotServed() {
    var upstream = ScriptedUpstream.serving(EnumSet.of(BackendKind.VLLM));
    var sink = new MemorySink();

    var outcome = completeChat(upstream, quotas).handle(ALICE, aCallFor("echo"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.UnknownModel("echo")));
    assertThat(sink.head()).isNull();
  }

  @Test
  void refusesACallerWhoHasUsedEverything() {
    var upstream = new ScriptedUpstream();
    var sink = new MemorySink();
    quotas.charge(ALICE.id(), 100);

    var outcome =
        completeChat(upstream, quotas)
            .handle(ALICE.withQuota(TokenQuota.of(100)), aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.QuotaExhausted(100, 100)));
    assertThat(upstream.calls).isEmpty();
    assertThat(sink.head()).isNull();
  }

  @Test
  void refusesACallerWhoMayUseNothing() {
    var outcome =
        completeChat(new ScriptedUpstream(), quotas)
            .handle(ALICE.withQuota(TokenQuota.of(0)), aCallFor("fast"), new MemorySink());

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.QuotaExhausted(0, 0)));
  }

  @Test
  void servesACallerWithOneTokenLeft() {
    quotas.charge(ALICE.id(), 99);

    var outcome =
        completeChat(new ScriptedUpstream(complete()), quotas)
            .handle(ALICE.withQuota(TokenQuota.of(100)), aCallFor("fast"), new MemorySink());

    assertThat(outcome).isInstanceOf(Outcome.Answered.class);
    assertThat(quotas.used(ALICE.id())).isEqualTo(141);
  }

  @Test
  void reportsABackendThatGaveNoReplyAndChargesNothing() {
    var failure = new UpstreamFailure.Unreachable("refused");
    var upstream = new ScriptedUpstream(new Delivery.NoReply(failure));
    var sink = new MemorySink();

    var outcome = completeChat(upstream, quotas).handle(ALICE, aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Failed(FAST, failure));
    assertThat(sink.head()).isNull();
    assertThat(quotas.used(ALICE.id())).isZero();
  }

  @Test
  void tellsTheClientThatAReplyBrokeOffAndChargesWhatCame() {
    var upstream = new ScriptedUpstream(new Delivery.BrokenOff(USED, CUT));
    var sink = new MemorySink();

    var outcome = completeChat(upstream, quotas).handle(ALICE, aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.BrokenOff(FAST, USED, CUT, null));
    assertThat(sink.failure()).isEqualTo(CUT);
    assertThat(sink.isEnded()).isFalse();
    assertThat(quotas.used(ALICE.id())).isEqualTo(42);
  }

  @Test
  void chargesAClientThatHungUpDuringTheReply() {
    var upstream = new ScriptedUpstream(new Delivery.Abandoned(USED));
    var sink = new MemorySink();

    var outcome = completeChat(upstream, quotas).handle(ALICE, aCallFor("fast"), sink);

    assertThat(outcome).isEqualTo(new Outcome.Abandoned(FAST, USED, null));
    assertThat(sink.isEnded()).isFalse();
    assertThat(quotas.used(ALICE.id())).isEqualTo(42);
  }

  @Test
  void chargesAClientThatHungUpBeforeTheEnd() {
    var outcome =
        completeChat(new ScriptedUpstream(complete()), quotas)
            .handle(ALICE, aCallFor("fast"), MemorySink.hangingUpAfter(1));

    assertThat(outcome).isEqualTo(new Outcome.Abandoned(FAST, USED, null));
    assertThat(quotas.used(ALICE.id())).isEqualTo(42);
  }

  @Test
  void chargesAClientThatHungUpBeforeItCouldBeToldOfAFailure() {
    var upstream = new ScriptedUpstream(new Delivery.BrokenOff(USED, CUT));

    var outcome =
        completeChat(upstream, quotas)
            .handle(ALICE, aCallFor("fast"), MemorySink.hangingUpAfter(1));

    assertThat(outcome).isEqualTo(new Outcome.Abandoned(FAST, USED, null));
    assertThat(quotas.used(ALICE.id())).isEqualTo(42);
  }

  @Test
  void givesTheReplyEvenWhenTheChargeCannotBeKept() {
    var sink = new MemorySink();

    var outcome =
        completeChat(new ScriptedUpstream(complete()), BrokenStore.over(quotas))
            .handle(ALICE, aCallFor("fast"), sink);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Answered.class, answered -> assertThat(answered.unsettled()).isNotNull());
    assertThat(sink.isEnded()).isTrue();
  }

  private static Delivery complete() {
    return new Delivery.Complete(USED, "the end".getBytes(UTF_8));
  }

  private CompleteChat completeChat(ScriptedUpstream upstream, Quotas counts) {
    return new CompleteChat(new ListModels(routes, upstream), counts, upstream);
  }

  private void assertRefused(String model) {
    var upstream = new ScriptedUpstream();
    var sink = new MemorySink();

    var outcome = completeChat(upstream, quotas).handle(ALICE, aCallFor(model), sink);

    assertThat(outcome).isEqualTo(new Outcome.Refused(new Refusal.UnknownModel(model)));
    assertThat(upstream.calls).isEmpty();
    assertThat(sink.head()).isNull();
  }

  /** Notes what had been charged when the reply ended. */
  private final class SinkThatLooksAtTheBill implements ReplySink {
    @Override
    public void whenGone(Runnable hangUp) {}

    final MemorySink memory = new MemorySink();
    long chargedAtTheEnd = -1;

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
      chargedAtTheEnd = quotas.used(ALICE.id());
      memory.end(rest);
    }

    @Override
    public void fail(UpstreamFailure failure) {
      memory.fail(failure);
    }
  }
}
