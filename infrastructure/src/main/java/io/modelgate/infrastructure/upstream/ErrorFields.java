package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.MalformedJson;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The parts of an error body, from whichever shape it has: {@code {"error":{…}}}, {@code
 * {"error":"text"}}, flat as vLLM had it in 2025, or FastAPI's {@code detail}. The text may be such
 * a body again, as Ollama repeats llama-server's. A number in {@code code} repeats the status. Null
 * where nothing was said.
 */
final class ErrorFields {
  @Nullable String message;
  @Nullable String type;
  @Nullable String param;
  @Nullable String code;
  @Nullable Long status;

  private ErrorFields() {}

  /** All null when the bytes are none of these. */
  static ErrorFields read(byte[] bytes, Span at) {
    var fields = new ErrorFields();
    try {
      var cursor = new JsonCursor(bytes, at.start(), at.end());
      fields.readBody(cursor);
      cursor.finish();
      return fields;
    } catch (MalformedJson _) {
      return new ErrorFields();
    }
  }

  private void readBody(JsonCursor cursor) {
    var wrapped = new ErrorFields();
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      switch (name) {
        case "error" -> wrapped.readError(cursor);
        case "detail" -> readDetail(cursor);
        default -> readField(name, cursor);
      }
    }
    take(wrapped);
  }

  private void take(ErrorFields told) {
    message = told.message == null ? message : told.message;
    type = told.type == null ? type : told.type;
    param = told.param == null ? param : told.param;
    code = told.code == null ? code : told.code;
    status = told.status == null ? status : told.status;
  }

  private void readError(JsonCursor cursor) {
    if (cursor.type() == JsonCursor.Type.STRING) {
      readText(cursor.string());
    } else if (cursor.type() == JsonCursor.Type.OBJECT) {
      readObject(cursor);
    }
  }

  private void readText(String text) {
    if (text.startsWith("{\"error\":{")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      take(read(bytes, new Span(0, bytes.length)));
    }
    message = message == null ? text : message;
  }

  /** A sentence, or a list of findings, of which the first is told. */
  private void readDetail(JsonCursor cursor) {
    if (cursor.type() == JsonCursor.Type.STRING) {
      message = cursor.string();
    } else if (cursor.type() == JsonCursor.Type.ARRAY) {
      cursor.enterArray();
      while (cursor.nextElement()) {
        if (message == null && cursor.type() == JsonCursor.Type.OBJECT) {
          readObject(cursor);
        }
      }
    }
  }

  private void readObject(JsonCursor cursor) {
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      readField(name, cursor);
    }
  }

  private void readField(String name, JsonCursor cursor) {
    if (name.equals("code") && cursor.type() == JsonCursor.Type.NUMBER) {
      status = cursor.integer();
      return;
    }
    if (cursor.type() != JsonCursor.Type.STRING) {
      return;
    }
    switch (name) {
      case "message", "msg" -> message = cursor.string();
      case "type" -> type = cursor.string();
      case "param" -> param = cursor.string();
      case "code" -> code = cursor.string();
      default -> {}
    }
  }
}
