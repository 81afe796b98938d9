package io.modelgate.domain.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.modelgate.domain.access.ApiKey.Standing;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiKeyTest {
  private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
  private static final ApiKey KEY =
      new ApiKey(
          new KeyId("key_1"),
          "alice",
          "sk-mg-abcd",
          SecretHash.of("sk-mg-abcdef"),
          TokenQuota.of(10),
          RateLimits.ofRequests(60),
          Tier.FREE,
          true,
          null,
          NOON,
          NOON);

  @ParameterizedTest
  @CsvSource({
    "true,  ,                     GOOD",
    "true,  2026-11-22T12:00:01Z, GOOD",
    "true,  2026-11-22T12:00:00Z, EXPIRED",
    "true,  2026-11-22T11:59:59Z, EXPIRED",
    "false, ,                     DISABLED",
    "false, 2026-11-22T11:59:59Z, DISABLED"
  })
  void worksWhileItIsEnabledAndBeforeItsExpiry(boolean enabled, Instant expiry, Standing standing) {
    assertThat(KEY.withEnabled(enabled).withExpiry(expiry).standing(NOON)).isEqualTo(standing);
  }

  @Test
  void changesOneThingAtATime() {
    Instant later = NOON.plusSeconds(1);

    assertThat(KEY.withName("bob").name()).isEqualTo("bob");
    assertThat(KEY.withName("bob").withName("alice")).isEqualTo(KEY);
    assertThat(KEY.withQuota(TokenQuota.UNLIMITED).quota()).isEqualTo(TokenQuota.UNLIMITED);
    assertThat(KEY.withQuota(TokenQuota.UNLIMITED).withQuota(TokenQuota.of(10))).isEqualTo(KEY);
    assertThat(KEY.withLimits(RateLimits.UNLIMITED).limits()).isEqualTo(RateLimits.UNLIMITED);
    assertThat(KEY.withLimits(RateLimits.UNLIMITED).withLimits(RateLimits.ofRequests(60)))
        .isEqualTo(KEY);
    assertThat(KEY.withEnabled(false).withEnabled(true)).isEqualTo(KEY);
    assertThat(KEY.withExpiry(later).expiresAt()).isEqualTo(later);
    assertThat(KEY.withExpiry(later).withExpiry(null)).isEqualTo(KEY);
    assertThat(KEY.changedAt(later).updatedAt()).isEqualTo(later);
    assertThat(KEY.changedAt(later).createdAt()).isEqualTo(NOON);
  }

  @Test
  void hasANameOf1To200Characters() {
    assertThat(KEY.withName("x".repeat(200)).name()).hasSize(200);
    assertThatIllegalArgumentException().isThrownBy(() -> KEY.withName("x".repeat(201)));
    assertThatIllegalArgumentException().isThrownBy(() -> KEY.withName(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> KEY.withName(""));
  }

  @Test
  void keepsItsIdShort() {
    assertThat(new KeyId("x".repeat(64))).hasToString("x".repeat(64));
    assertThatIllegalArgumentException().isThrownBy(() -> new KeyId(""));
    assertThatIllegalArgumentException().isThrownBy(() -> new KeyId("x".repeat(65)));
  }
}
