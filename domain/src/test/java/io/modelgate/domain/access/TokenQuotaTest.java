package io.modelgate.domain.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.modelgate.domain.access.TokenDemand.Grant;
import io.modelgate.domain.access.TokenQuota.Verdict;
import io.modelgate.domain.access.TokenQuota.Verdict.Busy;
import io.modelgate.domain.access.TokenQuota.Verdict.Exhausted;
import io.modelgate.domain.access.TokenQuota.Verdict.Granted;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenQuotaTest {
  /** A prompt of 10 and two choices of 20. */
  private static final TokenDemand DEMAND = new TokenDemand(10, 2, 20);

  @ParameterizedTest
  @CsvSource({
    // limit, used, reserved: all that was asked for
    "50,   0,   0, 50,",
    "1000, 950, 0, 50,",
    "1000, 0, 950, 50,",
    // less, so every choice is kept shorter
    "49,   0,   0, 48, 19",
    "1000, 951, 0, 48, 19",
    "1000, 500, 488, 12, 1",
  })
  void setsAsideWhatIsAskedForOrWhatIsLeft(
      long limit, long used, long reserved, long tokens, Long cap) {
    assertThat(TokenQuota.of(limit).decide(used, reserved, DEMAND))
        .isEqualTo(new Granted(new Grant(tokens, cap)));
  }

  @ParameterizedTest
  @CsvSource({"0,0", "10,0", "11,0", "1000,989", "1000,1000", "1000,5000"})
  void isExhaustedWhenNotEveryChoiceCanHaveAToken(long limit, long used) {
    assertThat(TokenQuota.of(limit).decide(used, 0, DEMAND)).isEqualTo(new Exhausted());
    assertThat(TokenQuota.of(limit).decide(used, 7, DEMAND)).isEqualTo(new Exhausted());
  }

  @ParameterizedTest
  @CsvSource({"12,0,1", "1000,900,100", "1000,900,89", "1000,988,5000"})
  void isBusyWhileWhatIsLeftIsSetAside(long limit, long used, long reserved) {
    assertThat(TokenQuota.of(limit).decide(used, reserved, DEMAND)).isEqualTo(new Busy());
  }

  @Test
  void asksNothingOfAKeyWithoutALimit() {
    var endless = new TokenDemand(10, 3, Long.MAX_VALUE);

    assertThat(TokenQuota.UNLIMITED.decide(Long.MAX_VALUE, Long.MAX_VALUE, endless))
        .isEqualTo(new Granted(new Grant(Long.MAX_VALUE, null)));
    assertThat(TokenQuota.UNLIMITED.extend(Long.MAX_VALUE, 5, 1024)).isEqualTo(1024);
  }

  @Test
  void keepsADemandWithoutEndToWhatIsLeft() {
    assertThat(TokenQuota.of(100).decide(0, 0, new TokenDemand(10, 1, Long.MAX_VALUE)))
        .isEqualTo(new Granted(new Grant(100, 90L)));
  }

  @Test
  void letsTextsBeEmbeddedWhileTheyFit() {
    var texts = new TokenDemand(10, 0, 0);

    assertThat(TokenQuota.of(11).decide(0, 0, texts)).isEqualTo(new Granted(new Grant(10, null)));
    assertThat(TokenQuota.of(10).decide(0, 0, texts)).isEqualTo(new Exhausted());
    assertThat(TokenQuota.of(20).decide(0, 11, texts)).isEqualTo(new Busy());
  }

  @ParameterizedTest
  @CsvSource({"100,0,0,7", "100,90,5,5", "100,90,10,0", "100,200,0,0", "100,0,200,0"})
  void givesARunningCallWhatIsLeftAndNoMore(long limit, long used, long reserved, long given) {
    assertThat(TokenQuota.of(limit).extend(used, reserved, 7)).isEqualTo(given);
  }

  /** Over all small numbers: never more than is left, never less than could have been had. */
  @Test
  void neverSetsAsideMoreThanIsLeft() {
    for (long limit = 0; limit <= 12; limit++) {
      for (long used = 0; used <= 13; used++) {
        for (long reserved = 0; reserved <= 12; reserved++) {
          for (long sequences = 1; sequences <= 3; sequences++) {
            check(limit, used, reserved, new TokenDemand(2, sequences, 3));
          }
        }
      }
    }
  }

  private static void check(long limit, long used, long reserved, TokenDemand demand) {
    long left = Math.max(0, limit - used);
    long unreserved = Math.max(0, left - reserved);
    Verdict verdict = TokenQuota.of(limit).decide(used, reserved, demand);
    switch (verdict) {
      case Granted(Grant(long tokens, Long cap)) -> {
        assertThat(tokens).isBetween(demand.prompt() + demand.sequences(), unreserved);
        if (cap == null) {
          assertThat(tokens).isEqualTo(demand.total());
        } else {
          assertThat(cap).isLessThan(demand.outputPerSequence());
          assertThat(unreserved - tokens).isLessThan(demand.sequences());
        }
      }
      case Busy _ -> {
        assertThat(unreserved).isLessThan(demand.prompt() + demand.sequences());
        assertThat(left).isGreaterThanOrEqualTo(demand.prompt() + demand.sequences());
      }
      case Exhausted _ -> assertThat(left).isLessThan(demand.prompt() + demand.sequences());
    }
  }

  @Test
  void addsADemandUpWithoutTurningNegative() {
    assertThat(DEMAND.total()).isEqualTo(50);
    assertThat(new TokenDemand(1, 2, Long.MAX_VALUE / 2).total()).isEqualTo(Long.MAX_VALUE);
    assertThat(new TokenDemand(2, 2, Long.MAX_VALUE / 2).total()).isEqualTo(Long.MAX_VALUE);
    assertThat(new TokenDemand(0, Long.MAX_VALUE, Long.MAX_VALUE).total())
        .isEqualTo(Long.MAX_VALUE);
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenDemand(0, -1, 0));
  }

  @Test
  void tellsWhatIsLeft() {
    var standing = new QuotaStanding(TokenQuota.of(100), 30, 20, Instant.EPOCH);

    assertThat(standing.left()).isEqualTo(50);
    assertThat(new QuotaStanding(TokenQuota.of(100), 130, 20, null).left()).isZero();
    assertThat(new QuotaStanding(TokenQuota.UNLIMITED, 130, 20, null).left()).isNull();
  }

  @Test
  void isNeverNegative() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenQuota.of(-1))
        .withMessageContaining("-1");
  }
}
