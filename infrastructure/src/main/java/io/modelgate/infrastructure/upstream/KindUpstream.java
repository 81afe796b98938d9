package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.routing.Destination;

/** What {@link Upstream} does, for the backends of one kind. Thread-safe. */
sealed interface KindUpstream permits OpenAiUpstream, OllamaUpstream, EchoUpstream {
  /** As {@link Upstream#demand}. */
  OutputDemand demand(Destination to, ChatCall call);

  /** As {@link Upstream#send}. */
  Upstream.Delivery send(Destination to, ChatCall call, OutputBudget budget, ReplySink sink);
}
