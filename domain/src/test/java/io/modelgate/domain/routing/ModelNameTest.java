package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelNameTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"gpt-4o", "meta-llama/Llama-3.1-8B", "qwen2.5:7b", "a", "a_b.c~d", "ft:x:@1+2=3"})
  void isWhatPeopleCallModels(String name) {
    assertThat(new ModelName(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "a b", "a\"b", "a'b", "a\\b", "a?b", "a#b", "a%2Fb", "a\nb", "ä", "a\u007f"
      })
  void isTheSameInJsonInAPathAndInALog(String name) {
    assertThat(ModelName.isValid(name)).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> new ModelName(name));
  }

  @Property
  void hasOnlyCharactersThatNeedNoEscape(@ForAll char character) {
    boolean plain = character > ' ' && character < 0x7f && "\"'\\?#%".indexOf(character) == -1;

    assertThat(ModelName.isValid(String.valueOf(character))).isEqualTo(plain);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 199, 200})
  void hasUpTo200Characters(int length) {
    assertThat(ModelName.isValid("x".repeat(length))).isTrue();
    assertThat(ModelName.isValid("x".repeat(length + 200))).isFalse();
  }
}
