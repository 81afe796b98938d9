package io.modelgate.infrastructure.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyTest {
  @Test
  void isReadFromAUrl() {
    assertThat(Proxy.of("http://proxy.example:3128"))
        .isEqualTo(new Proxy("proxy.example", 3128, null));
    assertThat(Proxy.of("HTTP://[::1]:8080/")).isEqualTo(new Proxy("::1", 8080, null));
    assertThat(Proxy.of("http://u:p@proxy:1").authorization()).isEqualTo("Basic dTpw");
  }

  @Test
  void showsNoPassword() {
    assertThat(Proxy.of("http://u:p@proxy:1")).hasToString("http://proxy:1");
    assertThat(new Proxy("::1", 8080, null)).hasToString("http://[::1]:8080");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "proxy:3128",
        "https://proxy:3128",
        "socks://proxy:3128",
        "http://proxy",
        "http://:3128",
        "http://proxy:0",
        "http://proxy:70000",
        "http://proxy:3128/path",
        "http://proxy:3128?q",
        "http://proxy:3128#f",
        "http://pro xy:3128",
      })
  void isRefusedWhenItIsAnythingElse(String text) {
    assertThatThrownBy(() -> Proxy.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("needs " + Proxy.ALLOWED);
  }
}
