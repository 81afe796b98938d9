package io.modelgate.infrastructure.upstream;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.List;
import java.util.Locale;

/**
 * Counts tokens where a backend does not: with OpenAI's tokenizers, by the model's family. Exact
 * for OpenAI's own models, within some ten per cent for others. Thread-safe. The tables of an
 * encoding are read at its first use, which takes some tenths of a second.
 */
final class Tokenizer {
  /** What uses the younger, larger vocabulary; the rest is closer to the older one. */
  private static final List<String> O200K =
      List.of("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "chatgpt-4o", "o1", "o3", "o4");

  private final EncodingRegistry registry = Encodings.newLazyEncodingRegistry();

  /** Counts as the tokenizer closest to that model's does. */
  interface Counter {
    /** The tokens of a text by itself; at most one for each of its UTF-8 bytes. */
    long count(CharSequence text);
  }

  /**
   * The one for a model.
   *
   * @param model as its backend calls it
   */
  Counter forModel(String model) {
    EncodingType type = typeFor(model);
    return text -> encoding(type).countTokensOrdinary(text.toString());
  }

  /** Reads a model's tables, so that counting does not have to wait for that. */
  void prepare(String model) {
    encoding(typeFor(model));
  }

  private Encoding encoding(EncodingType type) {
    return registry.getEncoding(type);
  }

  static EncodingType typeFor(String model) {
    String name = model.substring(model.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    return O200K.stream().anyMatch(name::startsWith)
        ? EncodingType.O200K_BASE
        : EncodingType.CL100K_BASE;
  }
}
