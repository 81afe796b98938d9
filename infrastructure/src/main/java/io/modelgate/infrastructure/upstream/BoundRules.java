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
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which of the bounds that a call names its backend obeys, and how a call is bounded that must not
 * become longer. Where a call names several, that is the one the backend prefers; where that is not
 * known, the largest.
 *
 * @param obeyed in the order of preference
 * @param isFirstPreferred whether the first one that is there makes the others mean nothing
 * @param least the smallest number that is a bound; what is less means "without end", or nothing
 * @param put the name of the one to put in where there is none
 * @param whenAbsent what the backend takes for the bound then; null for no bound
 */
record BoundRules(
    List<Name> obeyed,
    boolean isFirstPreferred,
    long least,
    String put,
    @Nullable Long whenAbsent) {
  /** What OpenAI and vLLM take for {@code max_tokens} of the old completions. */
  private static final long COMPLETIONS_DEFAULT = 16;

  private static final String MAX_TOKENS = "max_tokens";

  private static final List<Name> BOTH_OF_CHATS =
      List.of(Name.MAX_COMPLETION_TOKENS, Name.MAX_TOKENS);

  static BoundRules of(BackendKind kind, Endpoint endpoint) {
    boolean isChat = endpoint == Endpoint.CHAT_COMPLETIONS;
    return switch (kind) {
      case OPENAI ->
          isChat
              ? new BoundRules(BOTH_OF_CHATS, false, 0, "max_completion_tokens", null)
              : maxTokensOnly(COMPLETIONS_DEFAULT);
      case VLLM ->
          isChat
              ? new BoundRules(BOTH_OF_CHATS, true, 0, MAX_TOKENS, null)
              : maxTokensOnly(COMPLETIONS_DEFAULT);
      case API3 ->
          isChat ? new BoundRules(BOTH_OF_CHATS, false, 0, MAX_TOKENS, null) : maxTokensOnly(null);
      case LLAMACPP ->
          new BoundRules(
              List.of(Name.N_PREDICT, Name.MAX_TOKENS, Name.MAX_COMPLETION_TOKENS),
              false,
              0,
              MAX_TOKENS,
              null);
      case OLLAMA ->
          new BoundRules(
              List.of(Name.NUM_PREDICT, Name.OPTIONS_NUM_PREDICT), true, 1, "num_predict", null);
      case ECHO -> maxTokensOnly(null);
    };
  }

  private static BoundRules maxTokensOnly(@Nullable Long whenAbsent) {
    return new BoundRules(List.of(Name.MAX_TOKENS), true, 0, MAX_TOKENS, whenAbsent);
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
    if (!isNamedIn(bounds)) {
      return whenAbsent;
    }
    List<Long> named =
        obeyed.stream()
            .map(bounds::of)
            .filter(Objects::nonNull)
            .limit(isFirstPreferred ? 1 : obeyed.size())
            .toList();
    boolean isEndless = named.isEmpty() || Collections.min(named) < least;
    return isEndless ? null : Math.max(1, Collections.max(named));
  }

  /** With null too: whoever writes that does not mean the default. */
  private boolean isNamedIn(OutputBounds bounds) {
    return bounds.all().stream().map(Bound::name).anyMatch(obeyed::contains);
  }

  /**
   * What makes the backend stop in time: bounds that are there are lowered, and if none is, one is
   * put in.
   *
   * @param cap in tokens for each choice, 1 or more
   */
  List<Edit> keepingTo(long cap, RequestBody body) {
    List<Edit> edits = new ArrayList<>(2);
    for (Bound bound : body.bounds().all()) {
      Long tokens = bound.tokens();
      boolean isShort = tokens != null && tokens >= least && tokens <= cap;
      if (obeyed.contains(bound.name()) && !isShort) {
        edits.add(new Edit(bound.at(), ascii(Long.toString(cap))));
      }
    }
    if (!isNamedIn(body.bounds()) && (whenAbsent == null || whenAbsent > cap)) {
      var inside = new Span(body.inside(), body.inside());
      edits.add(new Edit(inside, ascii("\"" + put + "\":" + cap + ",")));
    }
    return edits;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
