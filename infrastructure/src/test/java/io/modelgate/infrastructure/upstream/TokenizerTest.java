package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  private static final EncodingRegistry WHOLE = Encodings.newLazyEncodingRegistry();

  private static final Tokenizer TOKENIZER = new Tokenizer();

  @ParameterizedTest
  @CsvSource({
    "gpt-4o-mini, o200k_base",
    "gpt-4.1, o200k_base",
    "GPT-5-nano, o200k_base",
    "openai/gpt-oss-120b, o200k_base",
    "o3-mini, o200k_base",
    "chatgpt-4o-latest, o200k_base",
    "ft:gpt-4o-2024-08-06:org::7p4lURel, o200k_base",
    "gpt-4, cl100k_base",
    "gpt-3.5-turbo, cl100k_base",
    "gpt-4-turbo, cl100k_base",
    "meta-llama/Llama-3.1-8B, cl100k_base",
    "o200k/olmo, cl100k_base",
    "'', cl100k_base",
    "/, cl100k_base",
  })
  void goesByTheModelsFamily(String model, String vocabulary) {
    assertThat(TOKENIZER.forModel(model)).hasToString(vocabulary);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-4", "gpt-4o"})
  void takesWhatLooksLikeASteeringTokenForText(String model) {
    assertThat(TOKENIZER.forModel(model).count("a<|endoftext|>b<|im_start|><|fim_prefix|>"))
        .isGreaterThan(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-4", "gpt-4o"})
  void countsWhatIsNoGoodText(String model) {
    assertThat(TOKENIZER.forModel(model).count("")).isZero();
    assertThat(TOKENIZER.forModel(model).count("\ud83d")).isPositive();
    assertThat(TOKENIZER.forModel(model).count("\u0000\uffff\ude00")).isPositive();
  }

  @Test
  void countsALongTextAsIfInOne() {
    Encoding whole = WHOLE.getEncoding(EncodingType.CL100K_BASE);
    var words = new StringBuilder();
    var random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      words.append((char) ('a' + random.nextInt(26))).append(random.nextBoolean() ? " " : "é\n");
    }

    assertThat(TOKENIZER.forModel("gpt-4").count(words))
        .isEqualTo(whole.countTokensOrdinary(words.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "ab1", "中", "😀", "x😀", " ", "\n", "="})
  void missesATokenOrTwoWhereALongTextHasNoBreak(String unit) {
    Encoding whole = WHOLE.getEncoding(EncodingType.O200K_BASE);
    String text = unit.repeat(20_000 / unit.length());

    assertThat(TOKENIZER.forModel("gpt-4o").count(text))
        .isCloseTo(whole.countTokensOrdinary(text), within(2L * 5));
  }

  @Test
  void isReadyOnceItWasPrepared() {
    Tokenizer.Counter counter = new Tokenizer().forModel("gpt-4");

    counter.prepare();
    counter.prepare();

    assertThat(counter.count("hello world")).isEqualTo(2);
  }
}
