package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.MalformedJson;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The few things that are looked at in a reply or in one event of it.
 *
 * @param models where the top-level strings that name the model stand, quotes included; one, unless
 *     the backend repeats itself
 * @param usage null when there is none, or it is no object
 * @param usageOnly whether it is the extra event that {@code include_usage} asks for: {@code
 *     choices} empty and {@code usage} an object. Some backends put the usage on the event that
 *     finishes a choice; that one is not it
 * @param isError whether it is an error, wrapped or flat
 */
record ReplyPeek(
    List<Span> models,
    List<Choice> choices,
    @Nullable TokenUsage usage,
    boolean usageOnly,
    boolean isError) {
  /**
   * @param finished whether it has a {@code finish_reason}
   * @param size how many bytes of JSON its message or text takes
   */
  record Choice(long index, boolean finished, int size) {}

  /**
   * Reads one JSON object.
   *
   * @throws CallFailed as unintelligible, when it is none
   */
  static ReplyPeek of(byte[] bytes, Span at) throws CallFailed {
    try {
      return new Reader(new JsonCursor(bytes, at.start(), at.end())).read();
    } catch (MalformedJson e) {
      throw CallFailed.unintelligible("no JSON object: " + e.getMessage());
    }
  }

  private static final class Reader {
    private final JsonCursor cursor;
    private final List<Span> models = new ArrayList<>(1);
    private final List<Choice> choices = new ArrayList<>(1);
    private @Nullable TokenUsage usage;
    private boolean hasChoices;
    private boolean isError;

    Reader(JsonCursor cursor) {
      this.cursor = cursor;
    }

    ReplyPeek read() {
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        JsonCursor.Type type = cursor.type();
        switch (name) {
          case "model" -> {
            if (type == JsonCursor.Type.STRING) {
              models.add(cursor.skip());
            }
          }
          case "choices" -> {
            if (type == JsonCursor.Type.ARRAY) {
              readChoices();
            }
          }
          case "usage" -> usage = type == JsonCursor.Type.OBJECT ? readUsage() : null;
          case "error" -> isError |= type != JsonCursor.Type.NULL;
          case "object" ->
              isError |= type == JsonCursor.Type.STRING && cursor.string().equals("error");
          default -> {}
        }
      }
      cursor.finish();
      boolean usageOnly = hasChoices && choices.isEmpty() && usage != null;
      return new ReplyPeek(models, choices, usage, usageOnly, isError);
    }

    private void readChoices() {
      hasChoices = true;
      cursor.enterArray();
      while (cursor.nextElement()) {
        choices.add(
            cursor.type() == JsonCursor.Type.OBJECT
                ? readChoice()
                : new Choice(choices.size(), false, 0));
      }
    }

    private Choice readChoice() {
      long index = choices.size();
      boolean finished = false;
      int size = 0;
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        if (name.equals("index") && cursor.type() == JsonCursor.Type.NUMBER) {
          Long told = cursor.integer();
          index = told == null ? index : told;
        } else if (name.equals("finish_reason")) {
          finished = cursor.type() != JsonCursor.Type.NULL;
        } else if (name.equals("message") || name.equals("text")) {
          size = cursor.skip().length();
        }
      }
      return new Choice(index, finished, size);
    }

    private TokenUsage readUsage() {
      long prompt = 0;
      long completion = 0;
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        if (cursor.type() == JsonCursor.Type.NUMBER) {
          switch (name) {
            case "prompt_tokens" -> prompt = readCount();
            case "completion_tokens" -> completion = readCount();
            default -> {}
          }
        }
      }
      return new TokenUsage(prompt, completion);
    }

    private long readCount() {
      Long count = cursor.integer();
      return count == null ? 0 : Math.max(count, 0);
    }
  }
}
