package io.modelgate.application.admin;

import static io.modelgate.testing.Samples.AUTHOR;
import static io.modelgate.testing.Samples.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.modelgate.application.admin.IssueApiKey.Defaults;
import io.modelgate.application.admin.IssueApiKey.Issued;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.testing.BrokenStore;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.SettableClock;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class IssueApiKeyTest {
  private static final TokenQuota DEFAULT = TokenQuota.of(1_000_000);
  private static final RateLimits DEFAULT_LIMITS = RateLimits.ofRequests(60);

  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final SettableClock clock = new SettableClock(NOON.plusNanos(1_234_567));
  private final IssueApiKey issueApiKey = over(keys);

  @Test
  void keepsTheHashAndTheFirstCharactersButNotTheSecret() {
    Issued issued = issueAlice(UnaryOperator.identity());

    assertThat(issued.secret()).matches("sk-mg-[A-Za-z0-9_-]{43}");
    assertThat(issued.key().secret().hash()).isEqualTo(SecretHash.of(issued.secret()));
    assertThat(issued.key().secret().prefix())
        .hasSize(10)
        .isEqualTo(issued.secret().substring(0, 10));
    assertThat(issued.key().id().value()).matches("key_[0-9a-f]{24}");
    assertThat(keys.byHash(SecretHash.of(issued.secret()))).contains(issued.key());
    assertThat(issued.toString()).doesNotContain(issued.secret().substring(6));
  }

  @Test
  void givesNoTwoKeysTheSameSecretOrId() {
    Issued one = issueAlice(UnaryOperator.identity());
    Issued other = issueAlice(UnaryOperator.identity());

    assertThat(one.secret()).isNotEqualTo(other.secret());
    assertThat(one.key().id()).isNotEqualTo(other.key().id());
  }

  @Test
  void takesTheDefaultQuotaOnlyWhenNoneIsNamed() {
    assertThat(issueAlice(UnaryOperator.identity()).key().terms().quota()).isEqualTo(DEFAULT);
    assertThat(issueAlice(UnaryOperator.identity()).key().terms().limits())
        .isEqualTo(DEFAULT_LIMITS);
    assertThat(issueAlice(terms -> terms.withQuota(TokenQuota.of(0))).key().terms().quota())
        .isEqualTo(TokenQuota.of(0));
    assertThat(issueAlice(terms -> terms.withQuota(TokenQuota.UNLIMITED)).key().terms().quota())
        .isEqualTo(TokenQuota.UNLIMITED);
  }

  @Test
  void takesOverWhatWasAskedFor() {
    ApiKey key =
        issueApiKey
            .handle(
                "bob", terms -> terms.withExpiry(NOON.plusSeconds(60)).withEnabled(false), AUTHOR)
            .key();

    assertThat(key.terms().name()).isEqualTo("bob");
    assertThat(key.terms().expiresAt()).isEqualTo(NOON.plusSeconds(60));
    assertThat(key.terms().enabled()).isFalse();
    assertThat(key.createdAt()).isEqualTo(NOON.plusMillis(1)).isEqualTo(key.updatedAt());
  }

  @Test
  void issuesNothingThatCannotBeKept() {
    assertThatExceptionOfType(StoreUnavailable.class)
        .isThrownBy(() -> over(BrokenStore.over(keys)).handle("alice", terms -> terms, AUTHOR));
  }

  @Test
  void changesAKeyAndNotesWhen() {
    ApiKey issued = issueAlice(UnaryOperator.identity()).key();
    clock.advance(Duration.ofHours(1));

    var changed =
        new ChangeApiKey(keys, clock)
            .handle(issued.id(), key -> key.on(terms -> terms.withName("eve")), AUTHOR);

    assertThat(changed)
        .contains(issued.on(terms -> terms.withName("eve")).changedAt(NOON.plusMillis(3_600_001)));
    assertThat(keys.byId(issued.id())).isEqualTo(changed);
  }

  @Test
  void rotatesASecretAndLetsTheOldOneWorkForItsGrace() {
    Issued before = issueAlice(UnaryOperator.identity());

    Issued after = issueApiKey.rotate(before.key().id(), Duration.ofHours(1), AUTHOR).orElseThrow();

    assertThat(after.key().id()).isEqualTo(before.key().id());
    assertThat(after.key().terms()).isEqualTo(before.key().terms());
    assertThat(opens(after.secret())).isTrue();
    assertThat(opens(before.secret())).isTrue();
    clock.advance(Duration.ofHours(1));
    assertThat(opens(before.secret())).isFalse();
    assertThat(opens(after.secret())).isTrue();
  }

  @Test
  void withoutAGraceTheOldSecretIsWorthNothingAtOnce() {
    Issued before = issueAlice(UnaryOperator.identity());

    assertThat(issueApiKey.rotate(before.key().id(), Duration.ZERO, AUTHOR)).isPresent();

    assertThat(opens(before.secret())).isFalse();
    assertThat(issueApiKey.rotate(new KeyId("key_none"), Duration.ZERO, AUTHOR)).isEmpty();
  }

  @Test
  void aSecretIsReplacedTwiceAndOnlyTheLastTwoCount() {
    Issued first = issueAlice(UnaryOperator.identity());
    Duration day = Duration.ofDays(1);
    Issued second = issueApiKey.rotate(first.key().id(), day, AUTHOR).orElseThrow();
    Issued third = issueApiKey.rotate(first.key().id(), day, AUTHOR).orElseThrow();

    assertThat(opens(first.secret())).isFalse();
    assertThat(opens(second.secret())).isTrue();
    assertThat(opens(third.secret())).isTrue();
  }

  @Test
  void thePlaygroundHasAKeyThatNobodyCanCallWithOrRotateOrDelete() {
    ApiKey playground = issueApiKey.playground();

    assertThat(issueApiKey.playground()).isEqualTo(playground);
    assertThat(keys.all()).containsExactly(playground);
    assertThat(issueApiKey.rotate(playground.id(), Duration.ZERO, AUTHOR)).isEmpty();
    assertThat(new ChangeApiKey(keys, clock).delete(List.of(playground.id()), AUTHOR)).isEmpty();
    assertThat(keys.all()).containsExactly(playground);
  }

  private boolean opens(String secret) {
    return new AdmitCaller(keys, clock).handle(SecretHash.of(secret), null)
        instanceof AdmitCaller.Admission.Granted;
  }

  @Test
  void changesNoKeyThatIsNotThere() {
    assertThat(new ChangeApiKey(keys, clock).handle(new KeyId("key_none"), key -> key, AUTHOR))
        .isEmpty();
  }

  private IssueApiKey over(ApiKeys store) {
    return new IssueApiKey(
        store, clock, new SecureRandom(), () -> new Defaults(DEFAULT, DEFAULT_LIMITS));
  }

  private Issued issueAlice(UnaryOperator<KeyTerms> terms) {
    return issueApiKey.handle("alice", terms, AUTHOR);
  }
}
