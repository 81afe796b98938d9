package io.modelgate.infrastructure.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateHeadersTest {
  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT-5S, 0s",
    "PT0.000000001S, 1ms",
    "PT0.12S, 120ms",
    "PT0.1200001S, 121ms",
    "PT0.9999S, 1s",
    "PT8.64S, 8.64s",
    "PT1.001S, 1.001s",
    "PT10S, 10s",
    "PT59.9995S, 1m0s",
    "PT6M, 6m0s",
    "PT6M0.25S, 6m0.25s",
    "PT1H2M3S, 1h2m3s",
    "PT1H, 1h0m0s",
    "P30D, 720h0m0s",
    "P36500D, 876000h0m0s",
  })
  void writeDurationsAsOpenAiDoesAndNeverTooShort(Duration duration, String words) {
    assertThat(RateHeaders.inWords(duration)).isEqualTo(words);
  }
}
