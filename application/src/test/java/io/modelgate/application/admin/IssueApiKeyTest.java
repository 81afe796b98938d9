package io.modelgate.application.admin;

import static io.modelgate.testing.Samples.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.modelgate.application.admin.IssueApiKey.Defaults;
import io.modelgate.application.admin.IssueApiKey.Issued;
import io.modelgate.application.admin.IssueApiKey.NewKey;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.testing.BrokenStore;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.SettableClock;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class IssueApiKeyTest {
  private static final TokenQuota DEFAULT = TokenQuota.of(1_000_000);
  private static final RateLimits DEFAULT_LIMITS = RateLimits.ofRequests(60);
  private static final NewKey ALICE = NewKey.named("alice");

  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final SettableClock clock = new SettableClock(NOON.plusNanos(1_234_567));
  private final IssueApiKey issueApiKey = over(keys);

  @Test
  void keepsTheHashAndTheFirstCharactersButNotTheSecret() {
    Issued issued = issueApiKey.handle(ALICE);

    assertThat(issued.secret()).matches("sk-mg-[A-Za-z0-9_-]{43}");
    assertThat(issued.key().hash()).isEqualTo(SecretHash.of(issued.secret()));
    assertThat(issued.key().prefix()).hasSize(10).isEqualTo(issued.secret().substring(0, 10));
    assertThat(issued.key().id().value()).matches("key_[0-9a-f]{24}");
    assertThat(keys.byHash(SecretHash.of(issued.secret()))).contains(issued.key());
    assertThat(issued.toString()).doesNotContain(issued.secret().substring(6));
  }

  @Test
  void givesNoTwoKeysTheSameSecretOrId() {
    Issued one = issueApiKey.handle(ALICE);
    Issued other = issueApiKey.handle(ALICE);

    assertThat(one.secret()).isNotEqualTo(other.secret());
    assertThat(one.key().id()).isNotEqualTo(other.key().id());
  }

  @Test
  void takesTheDefaultQuotaOnlyWhenNoneIsNamed() {
    assertThat(issueApiKey.handle(ALICE).key().quota()).isEqualTo(DEFAULT);
    assertThat(issueApiKey.handle(ALICE).key().limits()).isEqualTo(DEFAULT_LIMITS);
    assertThat(issueApiKey.handle(withQuota(TokenQuota.of(0))).key().quota())
        .isEqualTo(TokenQuota.of(0));
    assertThat(issueApiKey.handle(withQuota(TokenQuota.UNLIMITED)).key().quota())
        .isEqualTo(TokenQuota.UNLIMITED);
  }

  @Test
  void takesOverWhatWasAskedFor() {
    ApiKey key =
        issueApiKey
            .handle(
                new NewKey(
                    "bob",
                    NOON.plusSeconds(60),
                    UnaryOperator.identity(),
                    UnaryOperator.identity(),
                    Tier.FREE,
                    false))
            .key();

    assertThat(key.name()).isEqualTo("bob");
    assertThat(key.expiresAt()).isEqualTo(NOON.plusSeconds(60));
    assertThat(key.enabled()).isFalse();
    assertThat(key.createdAt()).isEqualTo(NOON.plusMillis(1)).isEqualTo(key.updatedAt());
  }

  @Test
  void issuesNothingThatCannotBeKept() {
    assertThatExceptionOfType(StoreUnavailable.class)
        .isThrownBy(() -> over(BrokenStore.over(keys)).handle(ALICE));
  }

  @Test
  void changesAKeyAndNotesWhen() {
    ApiKey issued = issueApiKey.handle(ALICE).key();
    clock.advance(Duration.ofHours(1));

    var changed = new ChangeApiKey(keys, clock).handle(issued.id(), key -> key.withName("eve"));

    assertThat(changed).contains(issued.withName("eve").changedAt(NOON.plusMillis(3_600_001)));
    assertThat(keys.byId(issued.id())).isEqualTo(changed);
  }

  @Test
  void changesNoKeyThatIsNotThere() {
    assertThat(new ChangeApiKey(keys, clock).handle(new KeyId("key_none"), key -> key)).isEmpty();
  }

  private IssueApiKey over(ApiKeys store) {
    return new IssueApiKey(
        store, clock, new SecureRandom(), () -> new Defaults(DEFAULT, DEFAULT_LIMITS));
  }

  private static NewKey withQuota(TokenQuota quota) {
    return new NewKey("alice", null, _ -> quota, UnaryOperator.identity(), Tier.FREE, true);
  }
}
