package io.modelgate.infrastructure.upstream;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Counts tokens where a backend does not: with OpenAI's tokenizers, by the model's family. Exact
 * for OpenAI's own models, within some ten per cent for others. Thread-safe.
 */
final class Tokenizer {
  /** What uses the younger, larger vocabulary; the rest is closer to the older one. */
  private static final List<String> O200K =
      List.of("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "chatgpt-4o", "o1", "o3", "o4");

  /** Before the name of a model that was tuned further. */
  private static final String TUNED = "ft:";

  private final EncodingRegistry registry = Encodings.newLazyEncodingRegistry();
  private final Counter older = new Counter(registry, EncodingType.CL100K_BASE);
  private final Counter younger = new Counter(registry, EncodingType.O200K_BASE);

  /**
   * The one closest to a model's own.
   *
   * @param model as its backend calls it
   */
  Counter forModel(String model) {
    String path = model.toLowerCase(Locale.ROOT);
    String tuned = path.startsWith(TUNED) ? path.substring(TUNED.length()) : path;
    String name = tuned.substring(tuned.lastIndexOf('/') + 1);
    return O200K.stream().anyMatch(name::startsWith) ? younger : older;
  }

  /**
   * Counts with one vocabulary. Its tables are read at the first use, which takes some tenths of a
   * second and tens of megabytes. Thread-safe.
   */
  static final class Counter {
    /** Characters that are counted at once: time grows faster than a text without breaks. */
    private static final int AT_ONCE = 4 * 1024;

    private final EncodingRegistry registry;
    private final EncodingType vocabulary;
    private final AtomicBoolean prepared = new AtomicBoolean();

    private Counter(EncodingRegistry registry, EncodingType vocabulary) {
      this.registry = registry;
      this.vocabulary = vocabulary;
    }

    /**
     * Has the tables read meanwhile, on another thread, so that counting need not wait for that.
     */
    void prepare() {
      if (prepared.compareAndSet(false, true)) {
        Thread.ofPlatform()
            .daemon()
            .name("tokenizer-" + vocabulary.getName())
            .start(() -> registry.getEncoding(vocabulary));
      }
    }

    /** The tokens of a text by itself; at most one for each of its UTF-8 bytes. */
    long count(CharSequence text) {
      long tokens = 0;
      int from = 0;
      while (text.length() - from > AT_ONCE) {
        int to = from + AT_ONCE;
        int end = TokenBreaks.lastIn(text, from, to);
        if (end == from) { // one token more or less, where there is no better place
          end = Character.isHighSurrogate(text.charAt(to - 1)) ? to - 1 : to;
        }
        tokens += countAtOnce(text.subSequence(from, end));
        from = end;
      }
      return tokens + countAtOnce(text.subSequence(from, text.length()));
    }

    /** What looks like a token that steers a model is plain text here. */
    private int countAtOnce(CharSequence text) {
      return registry.getEncoding(vocabulary).countTokensOrdinary(wellFormed(text.toString()));
    }

    /** The tokenizers take no halves of characters; JSON may escape such. */
    private static String wellFormed(String text) {
      return text.chars().noneMatch(c -> Character.isSurrogate((char) c))
          ? text
          : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return vocabulary.getName();
    }
  }
}
