package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
  @Test
  void saysAgainWhatItWasTold() {
    String text = Cursor.create().with("näme, \"quoted\" 😀").with(42L).with((Long) null).text();

    Cursor read = Cursor.parse(text);

    assertThat(text).matches("[A-Za-z0-9_-]+");
    assertThat(read.text(0)).isEqualTo("näme, \"quoted\" 😀");
    assertThat(read.number(1)).isEqualTo(42);
    assertThat(read.numberOrNull(2)).isNull();
  }

  @Test
  void hasRoomForTheLongestName() {
    assertThat(Cursor.create().with("😀".repeat(200)).with(Long.MAX_VALUE).text().length())
        .isLessThan(Cursor.LONGEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1.5]", "[\"1\"]", "[]", "[9223372036854775808]", "[null]", "[[1]]"})
  void anotherKindOfValueIsRefused(String json) {
    Cursor cursor = Cursor.parse(encoded(json));

    assertThatThrownBy(() -> cursor.number(0)).isInstanceOf(Rejected.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "1", "[1", "", "nonsense"})
  void whatIsNoListIsRefused(String json) {
    String text = encoded(json);

    assertThatThrownBy(() -> Cursor.parse(text)).isInstanceOf(Rejected.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"!", "=", "%00", "WzFd\n", "ä"})
  void whatIsNotEncodedIsRefused(String text) {
    assertThatThrownBy(() -> Cursor.parse(text)).isInstanceOf(Rejected.class);
  }

  private static String encoded(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
