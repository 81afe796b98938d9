package io.modelgate.domain.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenQuotaTest {
  @ParameterizedTest
  @CsvSource({"0,0,false", "1,0,true", "1,1,false", "10,9,true", "10,10,false", "10,11,false"})
  void allowsACallWhileTokensAreLeft(long limit, long used, boolean allowed) {
    assertThat(TokenQuota.of(limit).allowsAfter(used)).isEqualTo(allowed);
  }

  @Test
  void allowsEverythingWithoutALimit() {
    assertThat(TokenQuota.UNLIMITED.allowsAfter(Long.MAX_VALUE)).isTrue();
  }

  @Test
  void isNeverNegative() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenQuota.of(-1))
        .withMessageContaining("-1");
  }
}
