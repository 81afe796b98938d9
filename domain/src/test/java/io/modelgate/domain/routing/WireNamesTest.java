package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireNamesTest {
  @ParameterizedTest
  @EnumSource
  void readsBackEveryBackend(BackendKind kind) {
    assertThat(BackendKind.ofWireName(kind.wireName())).contains(kind);
  }

  @ParameterizedTest
  @EnumSource
  void readsBackEveryStreamUsage(StreamUsage choice) {
    assertThat(StreamUsage.ofWireName(choice.wireName())).contains(choice);
  }

  @Test
  void writesBackendsAsSettingsDo() {
    assertThat(BackendKind.values())
        .extracting(BackendKind::wireName)
        .containsExactly("ollama", "vllm", "llamacpp", "openai", "api3", "echo");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "VLLM", "vllm ", "tgi"})
  void knowsNoOtherNames(String name) {
    assertThat(BackendKind.ofWireName(name)).isEmpty();
    assertThat(StreamUsage.ofWireName(name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\r\nX-Header: b", "ä", "a\u007f"})
  void takesNoCredentialThatCannotStandInAHeader(String secret) {
    assertThat(Credential.isValid(secret)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Credential(secret))
        .withMessageNotContaining("Header");
  }

  @Test
  void takesCredentialsOfUpTo4096Characters() {
    assertThat(Credential.isValid("x".repeat(4096))).isTrue();
    assertThat(Credential.isValid("x".repeat(4097))).isFalse();
  }
}
