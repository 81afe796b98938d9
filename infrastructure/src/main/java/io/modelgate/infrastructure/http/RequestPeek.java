package io.modelgate.infrastructure.http;

import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.MalformedJson;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the few top-level fields of a request that the gateway needs, and checks that the rest
 * is JSON. Whatever it does not look at is the backend's business. One instance serves one body.
 */
final class RequestPeek {
  private static final String OBJECT_WANTED =
      "send one JSON object, such as {\"model\": \"...\", \"messages\": [...]}";

  private final byte[] body;
  private final Endpoint endpoint;
  private final JsonCursor cursor;
  private final Set<String> seen = new HashSet<>();
  private final List<Bound> bounds = new ArrayList<>(2);
  private final PromptPeek prompt;
  private @Nullable Long choices;
  private @Nullable Long bestOf;
  private @Nullable String model;
  private Span modelAt = new Span(0, 0);
  private boolean stream;
  private @Nullable StreamOptionsPeek options;

  private RequestPeek(Endpoint endpoint, byte[] body) {
    this.body = body;
    this.endpoint = endpoint;
    this.cursor = new JsonCursor(body);
    this.prompt = new PromptPeek(body, cursor);
  }

  /** What looking at a body can come to. */
  sealed interface Peek {
    record Body(RequestBody body) implements Peek {}

    /**
     * The client's mistake.
     *
     * @param message what was wrong and what is allowed; repeats no value
     * @param param the field at fault, if it is one, e.g. {@code stream_options.include_usage}
     */
    record Invalid(String message, @Nullable String param) implements Peek {}
  }

  /**
   * Looks at a body.
   *
   * @param body all of it; handed on in {@link Peek.Body}, not copied, must not be changed
   */
  static Peek of(Endpoint endpoint, byte[] body) {
    try {
      return new RequestPeek(endpoint, body).peek();
    } catch (MalformedJson e) {
      return new Peek.Invalid(
          "the request body is not valid JSON: " + e.getMessage() + "; " + OBJECT_WANTED, null);
    }
  }

  private Peek peek() {
    if (body.length == 0) {
      return new Peek.Invalid("the request body is empty; " + OBJECT_WANTED, null);
    }
    JsonCursor.Type type = cursor.type();
    if (type != JsonCursor.Type.OBJECT) {
      cursor.finish(); // "not json" begins like null, and is none
      return new Peek.Invalid("the request body is " + inWords(type) + "; " + OBJECT_WANTED, null);
    }
    cursor.enterObject();
    int inside = cursor.position();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      Peek.Invalid wrong = look(name);
      if (wrong != null) {
        return wrong;
      }
    }
    cursor.finish();
    return outcome(inside);
  }

  private Peek outcome(int inside) {
    if (model == null || model.isEmpty()) {
      return new Peek.Invalid(
          "the request names no model; set 'model' to the id of one, as listed by GET /v1/models",
          "model");
    }
    boolean usageAsked = stream && options != null && options.usageAsked();
    Edit askForUsage =
        options == null ? StreamOptionsPeek.whereAbsent(inside) : options.askForUsage();
    return new Peek.Body(
        new RequestBody(
            body,
            model,
            modelAt,
            stream,
            usageAsked,
            stream ? askForUsage : null,
            new OutputBounds(bounds, choices, bestOf),
            inside,
            prompt.prompt()));
  }

  private Peek.@Nullable Invalid look(String name) {
    boolean wanted =
        switch (name) {
          case "model" -> true;
          case "input" -> endpoint == Endpoint.EMBEDDINGS;
          case "messages" -> endpoint == Endpoint.CHAT_COMPLETIONS;
          case "prompt" -> endpoint == Endpoint.COMPLETIONS;
          case "stream",
              "stream_options",
              "max_tokens",
              "max_completion_tokens",
              "n_predict",
              "num_predict",
              "options",
              "n",
              "best_of" ->
              endpoint.streams(); // elsewhere they mean nothing
          default -> false;
        };
    if (!wanted) {
      return null; // the cursor passes over its value, and checks it
    }
    return seen.add(name) ? read(name) : occursTwice(name);
  }

  private Peek.@Nullable Invalid read(String name) {
    return switch (name) {
      case "model" -> readModel();
      case "stream" -> readStream();
      case "stream_options" -> readStreamOptions();
      case "max_tokens" -> readBound(name, Name.MAX_TOKENS);
      case "max_completion_tokens" -> readBound(name, Name.MAX_COMPLETION_TOKENS);
      case "n", "best_of" -> readChoices(name);
      case "n_predict" -> readEnginesBound(Name.N_PREDICT);
      case "num_predict" -> readEnginesBound(Name.NUM_PREDICT);
      case "options" -> readOptions();
      case "messages" -> {
        prompt.readMessages();
        yield null;
      }
      default -> {
        prompt.readPrompts();
        yield null;
      }
    };
  }

  private Peek.@Nullable Invalid readModel() {
    JsonCursor.Type type = cursor.type();
    if (type == JsonCursor.Type.NULL) {
      return null; // as if it were absent
    }
    if (type != JsonCursor.Type.STRING) {
      return wrongType("model", "a string", type);
    }
    int start = cursor.position();
    model = cursor.string();
    modelAt = new Span(start, cursor.position());
    return null;
  }

  private Peek.@Nullable Invalid readStream() {
    JsonCursor.Type type = cursor.type();
    stream = type == JsonCursor.Type.TRUE;
    return isFlag(type) ? null : wrongType("stream", "true, false or null", type);
  }

  private Peek.@Nullable Invalid readStreamOptions() {
    JsonCursor.Type type = cursor.type();
    if (type != JsonCursor.Type.OBJECT && type != JsonCursor.Type.NULL) {
      return wrongType("stream_options", "an object or null", type);
    }
    options = new StreamOptionsPeek(cursor);
    return options.read();
  }

  private Peek.@Nullable Invalid readBound(String field, Name name) {
    JsonCursor.Type type = cursor.type();
    int start = cursor.position();
    Long value = type == JsonCursor.Type.NUMBER ? cursor.integer() : null;
    if (value == null && type != JsonCursor.Type.NULL) {
      return noInteger(field, type);
    }
    if (value == null) {
      cursor.skip();
    }
    bounds.add(new Bound(name, value, new Span(start, cursor.position())));
    return null;
  }

  private Peek.@Nullable Invalid readChoices(String field) {
    JsonCursor.Type type = cursor.type();
    if (type == JsonCursor.Type.NULL) {
      return null;
    }
    Long value = type == JsonCursor.Type.NUMBER ? cursor.integer() : null;
    if (value == null) {
      return noInteger(field, type);
    }
    if (field.equals("n")) {
      choices = value;
    } else {
      bestOf = value;
    }
    return null;
  }

  private static Peek.Invalid noInteger(String field, JsonCursor.Type found) {
    return found == JsonCursor.Type.NUMBER
        ? new Peek.Invalid(
            "'" + field + "' must be an integer or null, but is a number with a fraction", field)
        : wrongType(field, "an integer or null", found);
  }

  /** One of an engine's own: what its type must be is that engine's affair. */
  private Peek.@Nullable Invalid readEnginesBound(Name name) {
    boolean isNumber = cursor.type() == JsonCursor.Type.NUMBER;
    int start = cursor.position();
    if (isNumber || cursor.type() == JsonCursor.Type.NULL) {
      Long value = isNumber ? cursor.integer() : null;
      if (!isNumber) {
        cursor.skip();
      }
      bounds.add(new Bound(name, value, new Span(start, cursor.position())));
    }
    return null;
  }

  /** Ollama's options, of which one bounds the reply. */
  private Peek.@Nullable Invalid readOptions() {
    if (cursor.type() != JsonCursor.Type.OBJECT) {
      return null;
    }
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      if (name.equals("num_predict")) {
        if (!seen.add("options.num_predict")) {
          return occursTwice("options.num_predict");
        }
        readEnginesBound(Name.OPTIONS_NUM_PREDICT);
      }
    }
    return null;
  }

  static boolean isFlag(JsonCursor.Type type) {
    return type == JsonCursor.Type.TRUE
        || type == JsonCursor.Type.FALSE
        || type == JsonCursor.Type.NULL;
  }

  static Peek.Invalid wrongType(String field, String allowed, JsonCursor.Type found) {
    return new Peek.Invalid(
        "'" + field + "' must be " + allowed + ", but is " + inWords(found), field);
  }

  /** Which of the two counts is not agreed on among parsers, so neither may. */
  static Peek.Invalid occursTwice(String field) {
    return new Peek.Invalid("'" + field + "' occurs twice; give it once", field);
  }

  private static String inWords(JsonCursor.Type type) {
    return switch (type) {
      case OBJECT -> "an object";
      case ARRAY -> "an array";
      case STRING -> "a string";
      case NUMBER -> "a number";
      case TRUE, FALSE, NULL -> type.name().toLowerCase(Locale.ROOT);
    };
  }
}
