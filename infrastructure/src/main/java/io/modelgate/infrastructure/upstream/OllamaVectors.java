package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.JsonText;
import io.modelgate.infrastructure.json.MalformedJson;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Says Ollama's embeddings in OpenAI's shape: the numbers as they were written, or, as the official
 * SDKs ask for, their 32 bits each, little end first, in base64.
 *
 * @param usage of the prompt alone
 */
record OllamaVectors(List<Vector> vectors, TokenUsage usage, boolean isError) {
  /**
   * One vector.
   *
   * @param at where its array stands
   */
  record Vector(Span at, List<Span> numbers) {}

  /**
   * Reads a whole reply.
   *
   * @throws CallFailed as unintelligible, when it is none of Ollama's
   */
  static OllamaVectors of(byte[] body) throws CallFailed {
    try {
      return read(new JsonCursor(body));
    } catch (MalformedJson e) {
      throw CallFailed.unintelligible("no embeddings of Ollama's: " + e.getMessage());
    }
  }

  private static OllamaVectors read(JsonCursor cursor) throws CallFailed {
    List<Vector> vectors = new ArrayList<>();
    long tokens = 0;
    boolean isError = false;
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      boolean absent = cursor.type() == JsonCursor.Type.NULL;
      if (name.equals("error") && !absent) {
        isError = true;
      } else if (name.equals("embeddings") && !absent) {
        cursor.enterArray();
        while (cursor.nextElement()) {
          vectors.add(vector(cursor));
        }
      } else if (name.equals("prompt_eval_count") && !absent) {
        Long told = cursor.integer();
        tokens = told == null ? 0 : Math.max(told, 0);
      }
    }
    cursor.finish();
    return new OllamaVectors(vectors, new TokenUsage(tokens, 0), isError);
  }

  private static Vector vector(JsonCursor cursor) throws CallFailed {
    List<Span> numbers = new ArrayList<>();
    cursor.type();
    int start = cursor.position();
    cursor.enterArray();
    while (cursor.nextElement()) {
      if (cursor.type() != JsonCursor.Type.NUMBER) {
        throw CallFailed.unintelligible("an embedding that is not all numbers");
      }
      numbers.add(cursor.skip());
    }
    return new Vector(new Span(start, cursor.position()), numbers);
  }

  /**
   * A whole reply's body.
   *
   * @param body where the vectors stand
   * @param model as the client knows it
   */
  byte[] said(byte[] body, String model, boolean base64) {
    var said = new ByteArrayOutputStream(body.length + 256);
    write(said, "{\"object\":\"list\",\"data\":[");
    for (int i = 0; i < vectors.size(); i++) {
      Vector vector = vectors.get(i);
      write(
          said,
          (i == 0 ? "" : ",") + "{\"object\":\"embedding\",\"index\":" + i + ",\"embedding\":");
      if (base64) {
        write(said, '"' + base64(body, vector.numbers) + '"');
      } else {
        said.write(body, vector.at.start(), vector.at.length());
      }
      write(said, "}");
    }
    write(said, "],\"model\":");
    said.writeBytes(JsonText.quote(model));
    write(
        said,
        ",\"usage\":{\"prompt_tokens\":"
            + usage.prompt()
            + ",\"total_tokens\":"
            + usage.prompt()
            + "}}");
    return said.toByteArray();
  }

  private static String base64(byte[] body, List<Span> numbers) {
    var bits = ByteBuffer.allocate(Float.BYTES * numbers.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (Span at : numbers) {
      var number = new String(body, at.start(), at.length(), StandardCharsets.US_ASCII);
      bits.putFloat(Float.parseFloat(number));
    }
    return Base64.getEncoder().encodeToString(bits.array());
  }

  private static void write(ByteArrayOutputStream said, String text) {
    said.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
