package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.MalformedJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One object of Ollama's reply: a line of a stream, or the whole.
 *
 * @param logprobs where the array of them stands; null when there is none
 * @param done whether nothing follows
 * @param doneReason why not; empty when that is not said, as by older versions
 * @param usage zeros but at the end
 */
record OllamaPiece(
    String text,
    String thinking,
    List<Call> calls,
    @Nullable Span logprobs,
    boolean done,
    String doneReason,
    TokenUsage usage,
    boolean isError) {
  /**
   * A tool that the model calls.
   *
   * @param id null when Ollama names none, as older versions do not
   * @param arguments a JSON object, as it was written
   */
  record Call(@Nullable String id, String name, String arguments) {}

  /**
   * Reads one JSON object.
   *
   * @throws CallFailed as unintelligible, when it is none of Ollama's
   */
  static OllamaPiece of(byte[] bytes, Span at) throws CallFailed {
    try {
      return new Reader(bytes, at).read();
    } catch (MalformedJson e) {
      throw CallFailed.unintelligible("no piece of Ollama's: " + e.getMessage());
    }
  }

  /** What the model generated in it. */
  List<RunningCount.Piece> pieces() {
    if (calls.isEmpty()) {
      return List.of(new RunningCount.Piece(0, thinking + text));
    }
    var generated = new StringBuilder(thinking).append(text);
    calls.forEach(call -> generated.append(call.name).append(call.arguments));
    return List.of(new RunningCount.Piece(0, generated.toString()));
  }

  /** OpenAI's word for why it ended; tool calls that were cut off are no answer to act on. */
  String finishReason(boolean anyCalls) {
    if (doneReason.equals("length")) {
      return "length";
    }
    return anyCalls ? "tool_calls" : "stop";
  }

  private static final class Reader {
    private final byte[] bytes;
    private final JsonCursor cursor;
    private final List<Call> calls = new ArrayList<>(0);
    private String text = "";
    private String thinking = "";
    private @Nullable Span logprobs;
    private boolean done;
    private String doneReason = "";
    private long prompt;
    private long completion;
    private boolean isError;
    private boolean known;

    Reader(byte[] bytes, Span at) {
      this.bytes = bytes;
      this.cursor = new JsonCursor(bytes, at.start(), at.end());
    }

    OllamaPiece read() throws CallFailed {
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        if (cursor.type() != JsonCursor.Type.NULL) {
          look(name);
        }
      }
      cursor.finish();
      if (!known) {
        throw CallFailed.unintelligible("JSON that is no piece of Ollama's");
      }
      return new OllamaPiece(
          text,
          thinking,
          List.copyOf(calls),
          logprobs,
          done,
          doneReason,
          new TokenUsage(prompt, completion),
          isError);
    }

    private void look(String name) {
      switch (name) {
        case "message" -> {
          known = true;
          readMessage();
        }
        case "response" -> {
          known = true;
          text = cursor.string();
        }
        case "thinking" -> thinking = cursor.string();
        case "logprobs" -> logprobs = cursor.skip();
        case "done" -> {
          known = true;
          done = cursor.type() == JsonCursor.Type.TRUE;
        }
        case "done_reason" -> doneReason = cursor.string();
        case "prompt_eval_count" -> prompt = count();
        case "eval_count" -> completion = count();
        case "error" -> {
          known = true;
          isError = true;
        }
        default -> {}
      }
    }

    private long count() {
      Long count = cursor.integer();
      return count == null ? 0 : Math.max(count, 0);
    }

    private void readMessage() {
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        if (cursor.type() != JsonCursor.Type.NULL) {
          switch (name) {
            case "content" -> text = cursor.string();
            case "thinking" -> thinking = cursor.string();
            case "tool_calls" -> readCalls();
            default -> {}
          }
        }
      }
    }

    private void readCalls() {
      cursor.enterArray();
      while (cursor.nextElement()) {
        String id = null;
        Call called = new Call(null, "", "{}");
        cursor.enterObject();
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
          if (name.equals("id") && cursor.type() == JsonCursor.Type.STRING) {
            id = cursor.string();
          } else if (name.equals("function")) {
            called = readFunction();
          }
        }
        calls.add(new Call(id == null || id.isEmpty() ? null : id, called.name, called.arguments));
      }
    }

    private Call readFunction() {
      String name = "";
      String arguments = "{}";
      cursor.enterObject();
      for (String field = cursor.nextName(); field != null; field = cursor.nextName()) {
        if (field.equals("name")) {
          name = cursor.string();
        } else if (field.equals("arguments")) {
          arguments = readArguments();
        }
      }
      return new Call(null, name, arguments);
    }

    private String readArguments() {
      return switch (cursor.type()) {
        case STRING -> cursor.string();
        case NULL -> "{}";
        default -> {
          Span at = cursor.skip();
          yield new String(bytes, at.start(), at.length(), StandardCharsets.UTF_8);
        }
      };
    }
  }
}
