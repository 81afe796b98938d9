package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.OutputDemand;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.routing.BackendKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which of the bounds that a call names its backend obeys, and how a call is bounded that must not
 * become longer. Where a call names several, that is the one the backend prefers; where that is not
 * known, the largest.
 *
 * @param obeyed in the order of preference
 * @param isFirstPreferred whether the first one that is there makes the others mean nothing
 * @param put the one to put in where there is none
 * @param whenAbsent what the backend takes for the bound then; null for no bound
 */
record BoundRules(
    List<Name> obeyed, boolean isFirstPreferred, Name put, @Nullable Long whenAbsent) {
  /** What OpenAI and vLLM take for {@code max_tokens} of the old completions. */
  private static final long COMPLETIONS_DEFAULT = 16;

  static BoundRules of(BackendKind kind, Endpoint endpoint) {
    boolean isChat = endpoint == Endpoint.CHAT_COMPLETIONS;
    return switch (kind) {
      case OPENAI ->
          isChat
              ? new BoundRules(
                  List.of(Name.MAX_COMPLETION_TOKENS, Name.MAX_TOKENS),
                  false,
                  Name.MAX_COMPLETION_TOKENS,
                  null)
              : maxTokensOnly(COMPLETIONS_DEFAULT);
      case VLLM ->
          isChat
              ? new BoundRules(
                  List.of(Name.MAX_COMPLETION_TOKENS, Name.MAX_TOKENS), true, Name.MAX_TOKENS, null)
              : maxTokensOnly(COMPLETIONS_DEFAULT);
      case LLAMACPP ->
          new BoundRules(
              List.of(Name.N_PREDICT, Name.MAX_TOKENS, Name.MAX_COMPLETION_TOKENS),
              false,
              Name.MAX_TOKENS,
              null);
      case API3 ->
          isChat
              ? new BoundRules(
                  List.of(Name.MAX_COMPLETION_TOKENS, Name.MAX_TOKENS),
                  false,
                  Name.MAX_TOKENS,
                  null)
              : maxTokensOnly(null);
      case OLLAMA ->
          new BoundRules(
              List.of(Name.NUM_PREDICT, Name.OPTIONS_NUM_PREDICT), true, Name.NUM_PREDICT, null);
      case ECHO -> new BoundRules(List.of(), true, Name.MAX_TOKENS, null);
    };
  }

  private static BoundRules maxTokensOnly(@Nullable Long whenAbsent) {
    return new BoundRules(List.of(Name.MAX_TOKENS), true, Name.MAX_TOKENS, whenAbsent);
  }

  /** What a call comes to under these rules. */
  OutputDemand demand(ChatCall call) {
    if (call.endpoint() == Endpoint.EMBEDDINGS) {
      return OutputDemand.NOTHING;
    }
    return new OutputDemand(sequences(call), bound(call.body().bounds()));
  }

  /** All choices of all prompts; {@link Long#MAX_VALUE} when there are more than that. */
  static long sequences(ChatCall call) {
    long prompts = call.body().prompt().count();
    long each = call.body().bounds().generatedPerPrompt();
    return Math.multiplyHigh(prompts, each) == 0 && prompts * each > 0
        ? prompts * each
        : Long.MAX_VALUE;
  }

  /** The bound in force, at least 1; null when there is none. */
  @Nullable Long bound(OutputBounds bounds) {
    Long inForce = null;
    for (Name name : obeyed) {
      Long named = bounds.of(name);
      if (named != null && named >= 0) { // engines take less for "without end"
        if (isFirstPreferred) {
          return Math.max(1, named);
        }
        inForce = Math.max(1, inForce == null ? named : Math.max(inForce, named));
      }
    }
    return inForce == null ? whenAbsent : inForce;
  }

  /**
   * What makes the backend stop in time: bounds that are there are lowered, and if none is, one is
   * put in.
   *
   * @param cap in tokens for each choice, 1 or more
   */
  List<Edit> keepingTo(long cap, RequestBody body) {
    byte[] number = Long.toString(cap).getBytes(StandardCharsets.US_ASCII);
    List<Edit> edits = new ArrayList<>(2);
    boolean bounded = false;
    for (Bound bound : body.bounds().all()) {
      if (obeyed.contains(bound.name())) {
        bounded = true;
        Long tokens = bound.tokens();
        if (tokens == null || tokens < 0 || tokens > cap) {
          edits.add(new Edit(bound.at(), number));
        }
      }
    }
    if (!bounded && (whenAbsent == null || whenAbsent > cap)) {
      String member = "\"" + put.name().toLowerCase(java.util.Locale.ROOT) + "\":" + cap + ",";
      var inside = new Span(body.inside(), body.inside());
      edits.add(new Edit(inside, member.getBytes(StandardCharsets.US_ASCII)));
    }
    return edits;
  }
}
