package io.modelgate.infrastructure.http;

import io.modelgate.domain.chat.RequestBody.Prompt;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.json.JsonCursor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Estimates how many tokens a request asks to be read, by length alone: cheap, and set right once
 * the backend has counted. Whatever has not the shape that the API gives it is passed over.
 */
final class PromptPeek {
  private static final int BYTES_PER_TOKEN = 4;
  private static final int PER_MESSAGE = 4;

  /** For an image, a recording, a file: what they really take is the model's affair. */
  private static final int PER_NON_TEXT = 1_000;

  private static final int BEGINNING_OF_A_PROMPT = 256;

  private static final byte[] DATA_URI = "data:".getBytes(StandardCharsets.US_ASCII);

  /** Before its comma. */
  private static final int MOST_BYTES_OF_A_MEDIA_TYPE = 128;

  private final byte[] body;
  private final JsonCursor cursor;
  private long textBytes;
  private long tokens;
  private long count;
  private @Nullable Span beginning;
  private boolean hasQuestion;

  PromptPeek(byte[] body, JsonCursor cursor) {
    this.body = body;
    this.cursor = cursor;
  }

  /** What was found. */
  Prompt prompt() {
    return new Prompt(
        Math.max(1, count), Math.ceilDiv(textBytes, BYTES_PER_TOKEN) + tokens, beginning);
  }

  /** Reads the value of {@code messages}. */
  void readMessages() {
    if (cursor.type() != JsonCursor.Type.ARRAY) {
      return;
    }
    int start = cursor.position();
    cursor.enterArray();
    while (cursor.nextElement()) {
      tokens += PER_MESSAGE;
      if (cursor.type() == JsonCursor.Type.OBJECT) {
        boolean isBeginning = !hasQuestion;
        readMessage();
        if (isBeginning) {
          beginning = new Span(start, cursor.position());
        }
      }
    }
  }

  private void readMessage() {
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      switch (name) {
        case "role" -> hasQuestion |= !hasQuestion && isUser();
        case "name", "tool_call_id" -> {} // covered by what each message takes
        case "content" -> readContent();
        default -> readText(); // tool calls, reasoning, refusals
      }
    }
  }

  private boolean isUser() {
    return cursor.type() == JsonCursor.Type.STRING && cursor.string().equals("user");
  }

  private void readContent() {
    if (cursor.type() != JsonCursor.Type.ARRAY) {
      readText();
      return;
    }
    cursor.enterArray();
    while (cursor.nextElement()) {
      if (cursor.type() == JsonCursor.Type.OBJECT) {
        readPart();
      } else {
        readText();
      }
    }
  }

  private void readPart() {
    long bytesBefore = textBytes;
    long tokensBefore = tokens;
    boolean isText = true;
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      if (name.equals("type") && cursor.type() == JsonCursor.Type.STRING) {
        String type = cursor.string();
        isText = type.equals("text") || type.equals("refusal");
      } else {
        readText();
      }
    }
    if (!isText) {
      textBytes = bytesBefore;
      tokens = tokensBefore + PER_NON_TEXT;
    }
  }

  /** All strings in the value ahead. */
  private void readText() {
    switch (cursor.type()) {
      case STRING -> {
        if (isDataUriAhead()) {
          cursor.skip();
          tokens += PER_NON_TEXT;
        } else {
          textBytes += cursor.stringBytes();
        }
      }
      case ARRAY -> {
        cursor.enterArray();
        while (cursor.nextElement()) {
          readText();
        }
      }
      case OBJECT -> {
        cursor.enterObject();
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
          if (!name.equals("type") && !name.equals("id")) {
            readText();
          }
        }
      }
      case NUMBER, TRUE, FALSE, NULL -> cursor.skip();
    }
  }

  /**
   * Reads the value of {@code prompt} or {@code input}: a text, token ids, or an array of either.
   */
  void readPrompts() {
    int start = cursor.position();
    readAllPrompts();
    beginning = new Span(start, Math.min(cursor.position(), start + BEGINNING_OF_A_PROMPT));
  }

  private void readAllPrompts() {
    if (cursor.type() != JsonCursor.Type.ARRAY) {
      count++;
      readText();
      return;
    }
    boolean ids = false;
    cursor.enterArray();
    while (cursor.nextElement()) {
      switch (cursor.type()) {
        case NUMBER -> {
          ids = true;
          tokens++;
          cursor.skip();
        }
        case ARRAY -> {
          count++;
          readIds();
        }
        case STRING, OBJECT, TRUE, FALSE, NULL -> {
          count++;
          readText();
        }
      }
    }
    count += ids ? 1 : 0;
  }

  private void readIds() {
    cursor.enterArray();
    while (cursor.nextElement()) {
      if (cursor.type() == JsonCursor.Type.NUMBER) {
        tokens++;
        cursor.skip();
      } else {
        readText();
      }
    }
  }

  /** A media type without white space and a comma follow; any text may begin with the word. */
  private boolean isDataUriAhead() {
    int start = cursor.position() + 1;
    int type = start + DATA_URI.length;
    if (type > body.length || !Arrays.equals(body, start, type, DATA_URI, 0, DATA_URI.length)) {
      return false;
    }
    int at = type;
    int limit = Math.min(body.length, type + MOST_BYTES_OF_A_MEDIA_TYPE);
    while (at < limit && body[at] > ' ' && body[at] != ',' && body[at] != '"') {
      at++;
    }
    return at < limit && body[at] == ',';
  }
}
