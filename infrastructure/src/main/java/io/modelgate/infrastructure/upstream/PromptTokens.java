package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.infrastructure.json.JsonCursor;

/**
 * Counts the tokens of a request with a tokenizer, for backends that do not say: the text of its
 * messages, prompts or inputs, 3 tokens for each message and 3 for the answer's beginning, as
 * OpenAI's chat models take them. What is no text takes what the estimate takes for it.
 *
 * @see <a href="https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken">OpenAI
 *     cookbook: counting tokens</a>
 */
final class PromptTokens {
  private static final int PER_MESSAGE = 3;
  private static final int PER_ANSWER = 3;
  private static final int PER_NON_TEXT = 1_000;

  private final JsonCursor cursor;
  private final Tokenizer.Counter counter;
  private long tokens;

  private PromptTokens(JsonCursor cursor, Tokenizer.Counter counter) {
    this.cursor = cursor;
    this.counter = counter;
  }

  /** Those of a call whose body is known to be a JSON object. */
  static long of(ChatCall call, Tokenizer.Counter counter) {
    var prompt = new PromptTokens(new JsonCursor(call.body().bytes()), counter);
    prompt.read(call.endpoint());
    return prompt.tokens;
  }

  private void read(Endpoint endpoint) {
    String wanted =
        switch (endpoint) {
          case CHAT_COMPLETIONS -> "messages";
          case COMPLETIONS -> "prompt";
          case EMBEDDINGS -> "input";
        };
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      if (name.equals(wanted) && endpoint == Endpoint.CHAT_COMPLETIONS) {
        readMessages();
      } else if (name.equals(wanted)) {
        readText();
      }
    }
  }

  private void readMessages() {
    if (cursor.type() != JsonCursor.Type.ARRAY) {
      return;
    }
    tokens += PER_ANSWER;
    cursor.enterArray();
    while (cursor.nextElement()) {
      tokens += PER_MESSAGE;
      readText();
    }
  }

  /** All strings in the value ahead, and token ids. */
  private void readText() {
    switch (cursor.type()) {
      case STRING -> tokens += counter.count(cursor.string());
      case ARRAY -> {
        cursor.enterArray();
        while (cursor.nextElement()) {
          readText();
        }
      }
      case OBJECT -> readObject();
      case NUMBER -> {
        tokens++;
        cursor.skip();
      }
      case TRUE, FALSE, NULL -> cursor.skip();
    }
  }

  /** A message, a part of one, or something inside. */
  private void readObject() {
    long before = tokens;
    boolean isText = true;
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      switch (name) {
        case "id", "tool_call_id" -> {}
        case "image_url", "input_audio", "file" -> {} // can be megabytes
        case "type" -> isText = cursor.type() != JsonCursor.Type.STRING || isText(cursor.string());
        default -> readText();
      }
    }
    tokens = isText ? tokens : before + PER_NON_TEXT;
  }

  private static boolean isText(String type) {
    return switch (type) {
      case "text", "refusal", "function", "custom" -> true;
      default -> false;
    };
  }
}
