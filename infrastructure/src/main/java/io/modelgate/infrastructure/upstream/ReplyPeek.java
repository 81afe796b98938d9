package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.MalformedJson;
import io.modelgate.infrastructure.upstream.RunningCount.Piece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The few things that are looked at in a reply or in one event of it.
 *
 * @param models where the top-level strings that name the model stand, quotes included; one, unless
 *     the backend repeats itself
 * @param frame where it stands what reply this is
 * @param pieces what the model generated: text, thinking, calls of tools
 * @param usage null when there is none, or it is no object
 * @param usageOnly whether it is the extra event that {@code include_usage} asks for: {@code
 *     choices} empty and {@code usage} an object. Some backends put the usage on the event that
 *     finishes a choice; that one is not it
 * @param isError whether it is an error, wrapped or flat
 */
record ReplyPeek(
    List<Span> models,
    Frame frame,
    List<Choice> choices,
    List<Piece> pieces,
    @Nullable TokenUsage usage,
    boolean usageOnly,
    boolean isError) {
  /**
   * One choice.
   *
   * @param finished whether it has a {@code finish_reason}
   */
  record Choice(long index, boolean finished) {}

  /** Where the values stand that every event of a reply repeats; null for what is not there. */
  record Frame(@Nullable Span id, @Nullable Span object, @Nullable Span created) {}

  /**
   * Reads one JSON object.
   *
   * @throws CallFailed as unintelligible, when it is none
   */
  static ReplyPeek of(byte[] bytes, Span at) throws CallFailed {
    return read(bytes, at, true);
  }

  /** The same without {@link #pieces}, which cost time and memory. */
  static ReplyPeek withoutText(byte[] bytes, Span at) throws CallFailed {
    return read(bytes, at, false);
  }

  private static ReplyPeek read(byte[] bytes, Span at, boolean withText) throws CallFailed {
    try {
      return new Reader(bytes, at, withText).read();
    } catch (MalformedJson e) {
      throw CallFailed.unintelligible("no JSON object: " + e.getMessage());
    }
  }

  private static final class Reader {
    private final byte[] bytes;
    private final JsonCursor cursor;
    private final boolean withText;
    private final List<Span> models = new ArrayList<>(1);
    private final List<Choice> choices = new ArrayList<>(1);
    private final List<Piece> pieces = new ArrayList<>(1);
    private @Nullable Span id;
    private @Nullable Span object;
    private @Nullable Span created;
    private @Nullable TokenUsage usage;
    private boolean hasChoices;
    private boolean isError;

    Reader(byte[] bytes, Span at, boolean withText) {
      this.bytes = bytes;
      this.cursor = new JsonCursor(bytes, at.start(), at.end());
      this.withText = withText;
    }

    ReplyPeek read() {
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        JsonCursor.Type type = cursor.type();
        switch (name) {
          case "id" -> id = cursor.skip();
          case "created" -> created = cursor.skip();
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
          case "usage" -> usage = type == JsonCursor.Type.OBJECT ? UsagePeek.read(cursor) : null;
          case "error" -> isError |= type != JsonCursor.Type.NULL;
          case "object" -> {
            int start = cursor.position();
            isError |= type == JsonCursor.Type.STRING && cursor.string().equals("error");
            if (type == JsonCursor.Type.STRING) {
              object = new Span(start, cursor.position());
            }
          }
          default -> {}
        }
      }
      cursor.finish();
      boolean usageOnly = hasChoices && choices.isEmpty() && usage != null;
      return new ReplyPeek(
          models, new Frame(id, object, created), choices, pieces, usage, usageOnly, isError);
    }

    private void readChoices() {
      hasChoices = true;
      cursor.enterArray();
      while (cursor.nextElement()) {
        if (cursor.type() == JsonCursor.Type.OBJECT) {
          readChoice();
        } else {
          choices.add(new Choice(choices.size(), false));
        }
      }
    }

    private void readChoice() {
      long index = choices.size();
      boolean finished = false;
      var text = new TextCollector(bytes, cursor);
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        switch (name) {
          case "index" -> {
            Long told = cursor.type() == JsonCursor.Type.NUMBER ? cursor.integer() : null;
            index = told == null ? index : told;
          }
          case "finish_reason" -> finished = cursor.type() != JsonCursor.Type.NULL;
          case "message", "delta", "text" -> {
            if (withText) {
              text.collect();
            }
          }
          default -> {}
        }
      }
      choices.add(new Choice(index, finished));
      String said = text.toString();
      if (!said.isEmpty()) {
        pieces.add(new Piece(index, said));
      }
    }
  }

  /** Gathers what a model generated out of a message, a delta, or a text. */
  private static final class TextCollector {
    private final byte[] bytes;
    private final JsonCursor cursor;
    private String text = "";

    TextCollector(byte[] bytes, JsonCursor cursor) {
      this.bytes = bytes;
      this.cursor = cursor;
    }

    void collect() {
      switch (cursor.type()) {
        case STRING -> {
          add(cursor.string());
        }
        case OBJECT -> collectObject();
        case ARRAY -> {
          cursor.enterArray();
          while (cursor.nextElement()) {
            collect();
          }
        }
        case NUMBER, TRUE, FALSE, NULL -> cursor.skip();
      }
    }

    private void collectObject() {
      boolean reasoned = false;
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        switch (name) {
          case "content",
              "text",
              "refusal",
              "thinking",
              "tool_calls",
              "function_call",
              "function",
              "custom",
              "name" ->
              collect();
          case "arguments", "input" -> collectArguments();
          case "reasoning", "reasoning_content" -> {
            if (!reasoned) { // some engines say it under both names
              int before = text.length();
              collect();
              reasoned = text.length() > before;
            }
          }
          default -> {} // the engine's words, or the model's once more
        }
      }
    }

    /** Some engines do not wrap them in a string. */
    private void collectArguments() {
      if (cursor.type() == JsonCursor.Type.OBJECT) {
        Span at = cursor.skip();
        add(new String(bytes, at.start(), at.length(), StandardCharsets.UTF_8));
      } else {
        collect();
      }
    }

    private void add(String more) {
      text = text.isEmpty() ? more : text + more;
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
