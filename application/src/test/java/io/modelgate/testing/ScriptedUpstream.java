package io.modelgate.testing;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Plays a script: the n-th call gets the n-th delivery. Where a delivery means that bytes have
 * left, they are {@link #SENT}. For one thread.
 */
public class ScriptedUpstream implements Upstream {
  /** What it writes into the sink before a reply that is complete or broken off. */
  public static final String SENT = "data: {}\n\n";

  public final List<Destination> destinations = new ArrayList<>();
  public final List<ChatCall> calls = new ArrayList<>();
  public final List<OutputBudget> budgets = new ArrayList<>();

  /** What it says every call would generate. */
  public OutputDemand demand = new OutputDemand(1, null);

  private final Set<BackendKind> kinds;
  private final Deque<Delivery> script;

  public ScriptedUpstream(Delivery... script) {
    this(EnumSet.allOf(BackendKind.class), script);
  }

  private ScriptedUpstream(Set<BackendKind> kinds, Delivery... script) {
    this.kinds = Set.copyOf(kinds);
    this.script = new ArrayDeque<>(List.of(script));
  }

  /** One that can only call those kinds of backend. */
  public static ScriptedUpstream serving(Set<BackendKind> kinds, Delivery... script) {
    return new ScriptedUpstream(kinds, script);
  }

  @Override
  public Set<BackendKind> kinds() {
    return kinds;
  }

  @Override
  public List<Destination> destinations(ModelName asked, ModelRoute route) {
    return IntStream.range(0, route.targets().size())
        .filter(i -> kinds.contains(route.targets().get(i).backend()))
        .mapToObj(
            i -> new Destination(asked, route, route.targets().get(i), String.valueOf(i + 1), 0))
        .toList();
  }

  @Override
  public Duration patience(ModelRoute route) {
    return route.timeout() == null ? Duration.ofDays(1) : route.timeout();
  }

  @Override
  public OutputDemand demand(Destination to, ChatCall call) {
    return demand;
  }

  @Override
  public Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink) {
    budgets.add(budget);
    destinations.add(to);
    calls.add(call);
    Delivery next = script.removeFirst();
    switch (next) {
      case Delivery.NoReply _ -> {}
      case Delivery.Complete _, Delivery.CutShort _, Delivery.BrokenOff _, Delivery.Abandoned _ ->
          begin(sink);
    }
    return next;
  }

  private static void begin(ReplySink sink) {
    byte[] bytes = SENT.getBytes(StandardCharsets.UTF_8);
    sink.open(new ReplyHead(200, "text/event-stream", Duration.ofMillis(1)));
    sink.write(bytes, 0, bytes.length);
  }
}
