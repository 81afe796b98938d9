package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.json.JsonCursor;

/** Reads the token counts of OpenAI's shape; what is no number counts as not said. */
final class UsagePeek {
  private UsagePeek() {}

  /** Reads the object ahead. */
  static TokenUsage read(JsonCursor cursor) {
    long prompt = 0;
    long completion = 0;
    long cached = 0;
    long reasoning = 0;
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      switch (name) {
        case "prompt_tokens" -> prompt = count(cursor);
        case "completion_tokens" -> completion = count(cursor);
        case "prompt_tokens_details" -> cached = detail(cursor, "cached_tokens");
        case "completion_tokens_details" -> reasoning = detail(cursor, "reasoning_tokens");
        default -> {}
      }
    }
    return new TokenUsage(prompt, completion, cached, reasoning);
  }

  private static long detail(JsonCursor cursor, String wanted) {
    long count = 0;
    if (cursor.type() == JsonCursor.Type.OBJECT) {
      cursor.enterObject();
      for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
        if (name.equals(wanted)) {
          count = count(cursor);
        }
      }
    }
    return count;
  }

  private static long count(JsonCursor cursor) {
    if (cursor.type() != JsonCursor.Type.NUMBER) {
      return 0;
    }
    Long count = cursor.integer();
    return count == null ? 0 : Math.max(count, 0);
  }
}
