package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Endpoint;
import io.modelgate.infrastructure.json.JsonCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * Reads what was said out of a request. Where a value has another type than the API gives it, the
 * cursor's {@code MalformedJson} comes out, which names the byte. Walks by cursor and builds no
 * tree: a body of five megabytes can hold millions of nodes.
 */
final class EchoHearing {
  private final JsonCursor cursor;
  private final List<String> prompts = new ArrayList<>();
  private long tokens;

  EchoHearing(JsonCursor cursor) {
    this.cursor = cursor;
  }

  /** Reads the whole body, looking at one field. */
  void listen(Endpoint endpoint, String field) {
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      if (name.equals(field)) {
        prompts.clear();
        tokens = 0;
        switch (endpoint) {
          case CHAT_COMPLETIONS -> hearMessages();
          case COMPLETIONS, EMBEDDINGS -> hearPrompt();
        }
      }
    }
  }

  /** What is to be said back; empty when there was nothing. */
  List<String> prompts() {
    return List.copyOf(prompts);
  }

  long tokens() {
    return tokens;
  }

  private void hearMessages() {
    boolean any = false;
    String said = "";
    cursor.enterArray();
    while (cursor.nextElement()) {
      any = true;
      String role = "";
      String text = "";
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        if (name.equals("role")) {
          role = cursor.string();
        } else if (name.equals("content")) {
          text = content();
        }
      }
      tokens += EchoWords.count(text);
      said = role.equals("user") ? text : said;
    }
    if (any) {
      prompts.add(said);
    }
  }

  private String content() {
    return switch (cursor.type()) {
      case NULL -> {
        cursor.skip(); // as with tool calls
        yield "";
      }
      case ARRAY -> parts();
      case OBJECT, STRING, NUMBER, TRUE, FALSE -> cursor.string();
    };
  }

  private String parts() {
    var texts = new StringJoiner("\n"); // a word does not go on from one part to the next
    cursor.enterArray();
    while (cursor.nextElement()) {
      String type = "";
      String text = "";
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        if (name.equals("type")) {
          type = cursor.string();
        } else if (name.equals("text")) {
          text = cursor.string();
        }
      }
      if (type.equals("text")) {
        texts.add(text);
      }
    }
    return texts.toString();
  }

  private void hearPrompt() {
    if (cursor.type() != JsonCursor.Type.ARRAY) {
      hear(cursor.string());
      return;
    }
    cursor.enterArray();
    if (!cursor.nextElement()) {
      return;
    }
    switch (cursor.type()) {
      case NUMBER -> hearTokenIds();
      case ARRAY -> {
        do {
          cursor.enterArray();
          if (cursor.nextElement()) {
            hearTokenIds();
          } else {
            hear("");
          }
        } while (cursor.nextElement());
      }
      case OBJECT, STRING, TRUE, FALSE, NULL -> {
        do {
          hear(cursor.string());
        } while (cursor.nextElement());
      }
    }
  }

  private void hear(String text) {
    prompts.add(text);
    tokens += EchoWords.count(text);
  }

  /** To the end of the array entered last, from its first element. */
  private void hearTokenIds() {
    long ids = 0;
    do {
      Long _ = cursor.integer();
      ids++;
    } while (cursor.nextElement());
    prompts.add("(" + ids + " token ids)");
    tokens += ids;
  }
}
