package io.modelgate.infrastructure.http;

import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.JsonText;
import io.modelgate.infrastructure.json.MalformedJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
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
  private final BoundsPeek bounds;
  private final PromptPeek prompt;
  private @Nullable String model;
  private @Nullable Span modelAt;
  private boolean stream;
  private @Nullable StreamOptionsPeek options;

  private RequestPeek(Endpoint endpoint, byte[] body) {
    this.body = body;
    this.endpoint = endpoint;
    this.cursor = new JsonCursor(body);
    this.bounds = new BoundsPeek(cursor);
    this.prompt = new PromptPeek(body, cursor);
  }

  /** What looking at a body can come to. */
  sealed interface Peek {
    record Body(RequestBody body) implements Peek {}

    /**
     * It names no model, and nothing else is wrong with it so far.
     *
     * @param at where the value of {@code model} stands, which is null or empty; null when there is
     *     no such member
     * @param inside offset after the opening brace
     */
    record Unnamed(
        @SuppressWarnings("ArrayRecordComponent") byte[] body, @Nullable Span at, int inside)
        implements Peek {
      /** The body with that name in it, and nothing else changed. */
      byte[] named(String name) {
        byte[] value = JsonText.quote(name);
        if (at != null) {
          return join(at.start(), value, at.end());
        }
        int next = inside;
        while (body[next] == ' '
            || body[next] == '\n'
            || body[next] == '\r'
            || body[next] == '\t') {
          next++;
        }
        String member =
            "\"model\":"
                + new String(value, StandardCharsets.UTF_8)
                + (body[next] == '}' ? "" : ",");
        return join(inside, member.getBytes(StandardCharsets.UTF_8), inside);
      }

      private byte[] join(int until, byte[] put, int from) {
        var joined = new ByteArrayOutputStream(body.length + put.length);
        joined.write(body, 0, until);
        joined.writeBytes(put);
        joined.write(body, from, body.length - from);
        return joined.toByteArray();
      }
    }

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
      return new Peek.Unnamed(body, modelAt, inside);
    }
    boolean usageAsked = stream && options != null && options.usageAsked();
    Edit askForUsage =
        options == null ? StreamOptionsPeek.whereAbsent(inside) : options.askForUsage();
    return new Peek.Body(
        new RequestBody(
            body,
            model,
            Objects.requireNonNull(modelAt),
            stream,
            usageAsked,
            stream ? askForUsage : null,
            bounds.bounds(),
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
      case "max_tokens" -> bounds.readBound(name, Name.MAX_TOKENS);
      case "max_completion_tokens" -> bounds.readBound(name, Name.MAX_COMPLETION_TOKENS);
      case "n" -> bounds.readChoices();
      case "best_of" -> bounds.readBestOf();
      case "options" -> bounds.readOptions();
      case "n_predict" -> {
        bounds.readEnginesBound(Name.N_PREDICT);
        yield null;
      }
      case "num_predict" -> {
        bounds.readEnginesBound(Name.NUM_PREDICT);
        yield null;
      }
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
      int at = cursor.position();
      modelAt = new Span(at, at + "null".length());
      return null; // as if it were absent; the cursor passes over it
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
