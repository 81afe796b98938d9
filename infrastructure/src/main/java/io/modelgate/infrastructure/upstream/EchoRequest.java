package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.MalformedJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the echo was told. */
sealed interface EchoRequest {
  /** Most choices for one prompt, and most prompts in one call. */
  int MOST = 16;

  /**
   * Something to say back.
   *
   * @param prompts what was said, 1 to {@link #MOST}; of a chat only what the user said last,
   *     perhaps nothing
   * @param promptTokens {@link EchoWords} of everything that was said, or the token ids
   * @param choices wanted for each prompt, 1 to {@link #MOST}
   * @param mostTokens that a choice may have, 0 or more
   */
  record Said(List<String> prompts, long promptTokens, int choices, long mostTokens)
      implements EchoRequest {
    /** The same with shorter choices; null changes nothing. */
    Said keptTo(@Nullable Long cap) {
      return cap == null
          ? this
          : new Said(prompts, promptTokens, choices, Math.min(cap, mostTokens));
    }
  }

  /** The client's mistake. */
  record Wrong(String message, String param) implements EchoRequest {}

  /** Reads a call whose body is known to be a JSON object. */
  static EchoRequest of(ChatCall call) {
    if (call.endpoint() == Endpoint.EMBEDDINGS) {
      return new Wrong("the built-in echo makes no embeddings; ask for a model that does", "model");
    }
    Wrong wrong = wrong(call.body().bounds());
    if (wrong != null) {
      return wrong;
    }
    String field = field(call.endpoint());
    var heard = new EchoHearing(new JsonCursor(call.body().bytes()));
    try {
      heard.listen(call.endpoint(), field);
    } catch (MalformedJson e) {
      return new Wrong("'" + field + "' cannot be read: " + e.getMessage(), field);
    }
    List<String> prompts = heard.prompts();
    if (prompts.isEmpty()) {
      return new Wrong("'" + field + "' is missing or empty; put at least one in", field);
    }
    if (prompts.size() > MOST) {
      return new Wrong(
          "'" + field + "' holds " + prompts.size() + " prompts; the echo takes 1 to " + MOST,
          field);
    }
    OutputBounds bounds = call.body().bounds();
    int choices = bounds.choices() == null ? 1 : Math.toIntExact(bounds.choices());
    Long mostTokens = bounds.tokens();
    return new Said(
        prompts, heard.tokens(), choices, mostTokens == null ? Long.MAX_VALUE : mostTokens);
  }

  private static String field(Endpoint endpoint) {
    return switch (endpoint) {
      case CHAT_COMPLETIONS -> "messages";
      case COMPLETIONS -> "prompt";
      case EMBEDDINGS -> "input";
    };
  }

  private static @Nullable Wrong wrong(OutputBounds bounds) {
    Long choices = bounds.choices();
    if (choices != null && (choices < 1 || choices > MOST)) {
      return new Wrong("'n' must be 1 to " + MOST + " for the echo, but is " + choices, "n");
    }
    Wrong wrong = wrong("max_tokens", bounds.maxTokens());
    return wrong == null ? wrong("max_completion_tokens", bounds.maxCompletionTokens()) : wrong;
  }

  private static @Nullable Wrong wrong(String field, @Nullable Long bound) {
    return bound == null || bound >= 0
        ? null
        : new Wrong("'" + field + "' must be 0 or more, but is " + bound, field);
  }
}
