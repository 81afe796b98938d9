package io.modelgate.infrastructure.http;

import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.http.RequestPeek.Peek;
import io.modelgate.infrastructure.json.JsonCursor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at what a request says about how much may be generated. Each method reads one value. */
final class BoundsPeek {
  private final JsonCursor cursor;
  private final List<Bound> bounds = new ArrayList<>(2);
  private @Nullable Long choices;
  private @Nullable Long bestOf;

  BoundsPeek(JsonCursor cursor) {
    this.cursor = cursor;
  }

  /** What was found. */
  OutputBounds bounds() {
    return new OutputBounds(bounds, choices, bestOf);
  }

  /** One of OpenAI's own: an integer or null. */
  Peek.@Nullable Invalid readBound(String field, Name name) {
    JsonCursor.Type type = cursor.type();
    int start = cursor.position();
    Long tokens = integerOrPass(type);
    if (tokens == null && type != JsonCursor.Type.NULL) {
      return noInteger(field, type);
    }
    bounds.add(new Bound(name, tokens, new Span(start, cursor.position())));
    return null;
  }

  /** One of an engine's own: what its type must be is that engine's affair. */
  void readEnginesBound(Name name) {
    JsonCursor.Type type = cursor.type();
    if (type == JsonCursor.Type.NUMBER || type == JsonCursor.Type.NULL) {
      int start = cursor.position();
      Long tokens = integerOrPass(type);
      bounds.add(new Bound(name, tokens, new Span(start, cursor.position())));
    }
  }

  /** Ollama's options, of which one bounds the reply. */
  Peek.@Nullable Invalid readOptions() {
    if (cursor.type() != JsonCursor.Type.OBJECT) {
      return null;
    }
    boolean seen = false;
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      if (name.equals("num_predict")) {
        if (seen) {
          return RequestPeek.occursTwice("options.num_predict");
        }
        seen = true;
        readEnginesBound(Name.OPTIONS_NUM_PREDICT);
      }
    }
    return null;
  }

  /** {@code n}. */
  Peek.@Nullable Invalid readChoices() {
    JsonCursor.Type type = cursor.type();
    choices = integerOrPass(type);
    return choices == null && type != JsonCursor.Type.NULL ? noInteger("n", type) : null;
  }

  /** {@code best_of}. */
  Peek.@Nullable Invalid readBestOf() {
    JsonCursor.Type type = cursor.type();
    bestOf = integerOrPass(type);
    return bestOf == null && type != JsonCursor.Type.NULL ? noInteger("best_of", type) : null;
  }

  private @Nullable Long integerOrPass(JsonCursor.Type type) {
    if (type == JsonCursor.Type.NUMBER) {
      return cursor.integer();
    }
    cursor.skip();
    return null;
  }

  private static Peek.Invalid noInteger(String field, JsonCursor.Type found) {
    return found == JsonCursor.Type.NUMBER
        ? new Peek.Invalid(
            "'" + field + "' must be an integer or null, but is a number with a fraction", field)
        : RequestPeek.wrongType(field, "an integer or null", found);
  }
}
