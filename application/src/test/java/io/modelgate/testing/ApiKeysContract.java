package io.modelgate.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link ApiKeys} has to do. */
public abstract class ApiKeysContract {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123Z");

  /** The port under test: the same at each call, empty at first. */
  protected abstract ApiKeys keys();

  /** A key that never expires; its secret is its id. */
  public static ApiKey key(String id) {
    return new ApiKey(
        new KeyId(id),
        "name of " + id,
        "sk-mg-" + id,
        SecretHash.of(id),
        TokenQuota.UNLIMITED,
        RateLimits.UNLIMITED,
        Tier.FREE,
        true,
        null,
        NOON,
        NOON);
  }

  @Test
  void isEmptyAtFirst() {
    assertThat(keys().all()).isEmpty();
    assertThat(keys().byId(new KeyId("none"))).isEmpty();
    assertThat(keys().byHash(SecretHash.of("none"))).isEmpty();
  }

  @Test
  void findsAnAddedKeyByIdAndByHash() {
    ApiKey added =
        key("a").withQuota(TokenQuota.of(0)).withEnabled(false).withExpiry(NOON.plusMillis(1));

    keys().add(added);

    assertThat(keys().byId(added.id())).contains(added);
    assertThat(keys().byHash(SecretHash.of("a"))).contains(added);
    assertThat(keys().byHash(SecretHash.of("b"))).isEmpty();
  }

  @Test
  void listsKeysInTheOrderOfTheirAdding() {
    keys().add(key("c"));
    keys().add(key("a"));
    keys().add(key("b"));

    assertThat(keys().all()).containsExactly(key("c"), key("a"), key("b"));
  }

  @Test
  void aChangeIsSeenByEveryLaterReadAndKeepsItsPlace() {
    keys().add(key("a"));
    keys().add(key("b"));
    ApiKey wanted = key("a").withName("new").withEnabled(false).changedAt(NOON.plusSeconds(1));

    assertThat(keys().change(new KeyId("a"), _ -> wanted)).contains(wanted);

    assertThat(keys().byHash(SecretHash.of("a"))).contains(wanted);
    assertThat(keys().byId(new KeyId("a"))).contains(wanted);
    assertThat(keys().all()).containsExactly(wanted, key("b"));
  }

  @Test
  void aChangeCanClearWhatIsOptional() {
    keys().add(key("a").withQuota(TokenQuota.of(5)).withExpiry(NOON));

    keys().change(new KeyId("a"), key -> key.withQuota(TokenQuota.UNLIMITED).withExpiry(null));

    assertThat(keys().byId(new KeyId("a"))).contains(key("a"));
  }

  @Test
  void changingAnUnknownKeyDoesNothing() {
    assertThat(keys().change(new KeyId("none"), key -> key.withName("new"))).isEmpty();
    assertThat(keys().all()).isEmpty();
  }

  @Test
  void anExceptionOutOfAChangeReachesTheCallerAndChangesNothing() {
    keys().add(key("a"));
    var refusal = new IllegalArgumentException("no");

    assertThatThrownBy(
            () ->
                keys()
                    .change(
                        new KeyId("a"),
                        _ -> {
                          throw refusal;
                        }))
        .isSameAs(refusal);

    assertThat(keys().byId(new KeyId("a"))).contains(key("a"));
    assertThat(keys().change(new KeyId("a"), key -> key.withName("next"))).isPresent();
  }

  @Test
  void noOtherChangeComesInBetween() throws InterruptedException {
    keys().add(key("a").withQuota(TokenQuota.of(0)));
    var threads =
        IntStream.range(0, 8).mapToObj(_ -> Thread.ofVirtual().start(this::raiseTenTimes)).toList();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(keys().byId(new KeyId("a")).map(ApiKey::quota)).contains(TokenQuota.of(80));
  }

  private void raiseTenTimes() {
    for (int time = 0; time < 10; time++) {
      keys()
          .change(
              new KeyId("a"),
              key -> key.withQuota(TokenQuota.of(Objects.requireNonNull(key.quota().limit()) + 1)));
    }
  }

  @Test
  void aRemovedKeyIsGoneAtOnce() {
    keys().add(key("a"));
    keys().add(key("b"));

    assertThat(keys().remove(new KeyId("a"))).isTrue();

    assertThat(keys().byHash(SecretHash.of("a"))).isEmpty();
    assertThat(keys().byId(new KeyId("a"))).isEmpty();
    assertThat(keys().all()).containsExactly(key("b"));
    assertThat(keys().remove(new KeyId("a"))).isFalse();
  }
}
