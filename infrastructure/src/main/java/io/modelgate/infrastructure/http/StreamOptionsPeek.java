package io.modelgate.infrastructure.http;

import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.http.RequestPeek.Peek;
import io.modelgate.infrastructure.json.JsonCursor;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Looks at {@code stream_options} and finds the smallest edit that makes it ask for usage. */
final class StreamOptionsPeek {
  private static final String FIELD = "stream_options.include_usage";

  private final JsonCursor cursor;
  private boolean usageAsked;
  private @Nullable Edit askForUsage;

  /**
   * Before reading.
   *
   * @param cursor with an object or null ahead
   */
  StreamOptionsPeek(JsonCursor cursor) {
    this.cursor = cursor;
  }

  /**
   * The edit for a body without the field.
   *
   * @param inside offset after the opening brace of the body, which has at least one member
   */
  static Edit whereAbsent(int inside) {
    return edit(new Span(inside, inside), "\"stream_options\":{\"include_usage\":true},");
  }

  /** Reads all of the value. */
  Peek.@Nullable Invalid read() {
    if (cursor.type() == JsonCursor.Type.NULL) {
      askForUsage = edit(cursor.skip(), "{\"include_usage\":true}");
      return null;
    }
    int start = cursor.position();
    cursor.enterObject();
    int inside = cursor.position();
    boolean empty = true;
    Span flagAt = null;
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      empty = false;
      if (name.equals("include_usage")) {
        if (flagAt != null) {
          return RequestPeek.occursTwice(FIELD);
        }
        JsonCursor.Type type = cursor.type();
        if (!RequestPeek.isFlag(type)) {
          return RequestPeek.wrongType(FIELD, "true, false or null", type);
        }
        usageAsked = type == JsonCursor.Type.TRUE;
        flagAt = cursor.skip();
      }
    }
    if (flagAt != null) {
      askForUsage = usageAsked ? null : edit(flagAt, "true");
    } else if (empty) {
      askForUsage = edit(new Span(start, cursor.position()), "{\"include_usage\":true}");
    } else {
      askForUsage = edit(new Span(inside, inside), "\"include_usage\":true,");
    }
    return null;
  }

  boolean usageAsked() {
    return usageAsked;
  }

  /** The edit of the body; null when it asks already. */
  @Nullable Edit askForUsage() {
    return askForUsage;
  }

  private static Edit edit(Span at, String replacement) {
    return new Edit(at, replacement.getBytes(StandardCharsets.US_ASCII));
  }
}
