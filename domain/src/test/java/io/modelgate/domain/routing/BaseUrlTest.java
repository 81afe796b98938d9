package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BaseUrlTest {
  @ParameterizedTest
  @CsvSource({
    "http://localhost:8000,          http://localhost:8000",
    "http://localhost:8000/,         http://localhost:8000",
    "http://localhost:8000/v1,       http://localhost:8000",
    "http://localhost:8000/v1/,      http://localhost:8000",
    "http://localhost:8000/v1//,     http://localhost:8000",
    "' http://localhost:8000/v1 ',   http://localhost:8000",
    "https://host/gateway/v1,        https://host/gateway",
    "https://host/gateway/,          https://host/gateway",
    "https://host/apiv1,             https://host/apiv1",
    "https://v1,                     https://v1",
    "https://v1/v1,                  https://v1",
    "https://v1:8000/,               https://v1:8000",
    "http://[::1]:8000/v1,           http://[::1]:8000",
    "http://vllm_server:8000/v1,     http://vllm_server:8000"
  })
  void meansTheSameWithAndWithoutVersionAndSlash(String written, String normal) {
    assertThat(BaseUrl.of(written)).hasToString(normal);
    assertThat(BaseUrl.of(normal)).isEqualTo(BaseUrl.of(written));
  }

  @Test
  void isNotEndless() {
    String longest = "http://host/" + "x".repeat(1988);

    assertThat(BaseUrl.of(longest)).hasToString(longest);
    assertThatIllegalArgumentException().isThrownBy(() -> BaseUrl.of(longest + "x"));
  }

  @Test
  void findsHostAndPortAlsoInANameWithAnUnderscore() {
    assertThat(BaseUrl.of("http://vllm_server:8000").host()).isEqualTo("vllm_server");
    assertThat(BaseUrl.of("http://vllm_server:8000").port()).isEqualTo(8000);
    assertThat(BaseUrl.of("https://vllm_server").port()).isEqualTo(443);
    assertThat(BaseUrl.of("https://[::1]").host()).isEqualTo("[::1]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:8000",
        "//host",
        "http://",
        "http:///path",
        "http:host",
        "ftp://host",
        "file:///etc/passwd",
        "http://user@host",
        "http://user:hunter2@host",
        "http://user:hun@ter2@host",
        "http://host?token=hunter2",
        "http://host/#hunter2",
        "http://host:0",
        "http://my_host:0",
        "http://my_host:65536",
        "http://user@my_host",
        "http://my_host:80:80",
        "http://host:65536",
        "http://ho st",
        "http://host/\nX-Header: hunter2"
      })
  void refusesEverythingElseWithoutRepeatingIt(String written) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BaseUrl.of(written))
        .withMessageContaining(BaseUrl.ALLOWED)
        .withMessageNotContaining("hunter2");
  }

  @Test
  void knowsThePortOfItsScheme() {
    assertThat(BaseUrl.of("http://host").port()).isEqualTo(80);
    assertThat(BaseUrl.of("https://host").port()).isEqualTo(443);
    assertThat(BaseUrl.of("HTTPS://host").port()).isEqualTo(443);
    assertThat(BaseUrl.of("https://host:8443").port()).isEqualTo(8443);
    assertThat(BaseUrl.of("http://host:65535").port()).isEqualTo(65535);
  }

  @Test
  void knowsWhetherItIsEncrypted() {
    assertThat(BaseUrl.of("http://host").isTls()).isFalse();
    assertThat(BaseUrl.of("https://host").isTls()).isTrue();
  }

  @Test
  void cannotBeMadeWrongByHand() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BaseUrl(URI.create("http://user@host")));
  }
}
