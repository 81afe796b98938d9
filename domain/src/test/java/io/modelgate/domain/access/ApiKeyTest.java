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
          KeySecret.of("sk-mg-abcdef"),
          KeyTerms.unlimited("alice"),
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
    assertThat(
            KEY.on(terms -> terms.withEnabled(enabled))
                .on(terms -> terms.withExpiry(expiry))
                .standing(NOON))
        .isEqualTo(standing);
  }

  @Test
  void changesItsTermsOrItsSecretAndNothingElse() {
    Instant later = NOON.plusSeconds(1);

    ApiKey renamed = KEY.on(terms -> terms.withName("bob"));
    assertThat(renamed.terms().name()).isEqualTo("bob");
    assertThat(renamed.on(terms -> terms.withName("alice"))).isEqualTo(KEY);
    ApiKey opened = KEY.opening(_ -> KeySecret.of("another"));
    assertThat(opened.secret()).isEqualTo(KeySecret.of("another"));
    assertThat(opened.opening(_ -> KEY.secret())).isEqualTo(KEY);
    assertThat(KEY.changedAt(later).updatedAt()).isEqualTo(later);
    assertThat(KEY.changedAt(later).createdAt()).isEqualTo(NOON);
  }

  @Test
  void keepsItsIdShort() {
    assertThat(new KeyId("x".repeat(64))).hasToString("x".repeat(64));
    assertThatIllegalArgumentException().isThrownBy(() -> new KeyId(""));
    assertThatIllegalArgumentException().isThrownBy(() -> new KeyId("x".repeat(65)));
  }
}
