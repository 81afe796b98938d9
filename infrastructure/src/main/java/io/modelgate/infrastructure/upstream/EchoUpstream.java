package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.ReplySink.ClientGone;
import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.TokenUsage.Metered;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.Destination;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The model that is built in, so that a new installation answers: says what it is and says back
 * what it was told, the same text for the same request. Honours {@code n}, {@code max_tokens} and
 * {@code max_completion_tokens}, counts tokens as {@link EchoWords} does, and ignores everything
 * else, tools included. Thread-safe.
 */
final class EchoUpstream implements KindUpstream {
  private final Duration pace;
  private final InstantSource clock;

  /**
   * An echo that takes its time.
   *
   * @param pace waited between two words of a stream; zero for none. An interrupted thread does not
   *     wait
   * @param clock tells {@code created}
   */
  EchoUpstream(Duration pace, InstantSource clock) {
    if (pace.isNegative()) {
      throw new IllegalArgumentException("need a pace of 0 or more, got " + pace);
    }
    this.pace = pace;
    this.clock = clock;
  }

  @Override
  public OutputDemand demand(Destination to, ChatCall call) {
    if (call.endpoint() == Endpoint.EMBEDDINGS) {
      return OutputDemand.NOTHING;
    }
    Long tokens = call.body().bounds().tokens();
    return new OutputDemand(
        BoundRules.sequences(call), tokens == null ? null : Math.max(0, tokens)); // less is refused
  }

  @Override
  public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink) {
    return switch (EchoRequest.of(call)) {
      case EchoRequest.Wrong(String message, String param) ->
          new Delivery.NoReply(ClientMistake.of(message, param));
      case EchoRequest.Said said -> {
        var reply = EchoReply.to(said.keptTo(budget.cap()));
        var shapes = new OpenAiShapes(call, call.requestId(), clock.instant());
        yield call.body().stream()
            ? stream(call, reply, shapes, budget, sink)
            : whole(reply, shapes, sink);
      }
    };
  }

  private static Delivery whole(EchoReply reply, OpenAiShapes shapes, ReplySink sink) {
    try {
      sink.open(new ReplyHead(200, "application/json", Duration.ZERO));
    } catch (ClientGone _) {
      return new Delivery.Abandoned(reply.usage().by(UsageSource.UPSTREAM));
    }
    return new Delivery.Complete(reply.usage().by(UsageSource.UPSTREAM), body(reply, shapes));
  }

  private static byte[] body(EchoReply reply, OpenAiShapes shapes) {
    ObjectNode body = shapes.whole();
    for (int i = 0; i < reply.choices().size(); i++) {
      EchoReply.Choice said = reply.choices().get(i);
      ObjectNode choice = OpenAiShapes.choice(body, i);
      if (shapes.isChat()) {
        choice
            .putObject("message")
            .put("role", "assistant")
            .put("content", said.text())
            .putNull("refusal");
      } else {
        choice.put("text", said.text());
      }
      OpenAiShapes.close(choice, null, said.finishReason());
    }
    OpenAiShapes.putUsage(body, reply.usage());
    return OpenAiShapes.bytes(body.toString());
  }

  private Delivery stream(
      ChatCall call, EchoReply reply, OpenAiShapes shapes, OutputBudget budget, ReplySink sink) {
    long sent = 0;
    var gone = new CountDownLatch(1);
    sink.whenGone(gone::countDown);
    try {
      sink.open(new ReplyHead(200, "text/event-stream", Duration.ZERO));
      List<EchoReply.Choice> choices = reply.choices();
      for (int i = 0; i < choices.size(); i++) {
        if (shapes.isChat()) {
          write(sink, shapes.role(i));
        }
      }
      int longest = choices.stream().mapToInt(choice -> choice.words().size()).max().orElse(0);
      for (int step = 0; step < longest; step++) {
        if (step > 0 && isGoneWithin(gone, pace)) {
          return new Delivery.Abandoned(soFar(reply, sent));
        }
        for (int i = 0; i < choices.size(); i++) {
          if (step < choices.get(i).words().size()) {
            if (!budget.allows(sent + 1)) {
              return cutShort(call, reply, sent, shapes, sink);
            }
            write(sink, shapes.text(i, choices.get(i).words().get(step), null));
            sent++;
          }
        }
      }
      for (int i = 0; i < choices.size(); i++) {
        write(sink, shapes.finish(i, choices.get(i).finishReason()));
      }
      if (call.body().usageAsked()) {
        write(sink, shapes.usage(reply.usage()));
      }
      return new Delivery.Complete(reply.usage().by(UsageSource.UPSTREAM), OpenAiShapes.done());
    } catch (ClientGone _) {
      return new Delivery.Abandoned(soFar(reply, sent));
    }
  }

  private static Metered soFar(EchoReply reply, long sent) {
    return new TokenUsage(reply.usage().prompt(), sent).by(UsageSource.RUNNING_COUNT);
  }

  /** Ends every choice where it is. */
  private static Delivery cutShort(
      ChatCall call, EchoReply reply, long sent, OpenAiShapes shapes, ReplySink sink) {
    for (int i = 0; i < reply.choices().size(); i++) {
      write(sink, shapes.finish(i, "length"));
    }
    Metered usage = soFar(reply, sent);
    if (call.body().usageAsked()) {
      write(sink, shapes.usage(usage.tokens()));
    }
    return new Delivery.CutShort(usage, OpenAiShapes.done());
  }

  private static boolean isGoneWithin(CountDownLatch gone, Duration pause) {
    try {
      return gone.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void write(ReplySink sink, byte[] event) {
    sink.write(event, 0, event.length);
  }
}
