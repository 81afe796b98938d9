package io.modelgate.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.ModelPattern;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.net.Network;
import java.time.Instant;
import java.util.List;
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
        new KeyId(id), KeySecret.of(id), KeyTerms.unlimited("name of " + id), NOON, NOON);
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
        key("a")
            .on(terms -> terms.withQuota(TokenQuota.of(0)))
            .on(terms -> terms.withEnabled(false))
            .on(terms -> terms.withExpiry(NOON.plusMillis(1)));

    keys().add(added, Samples.DEED);

    assertThat(keys().byId(added.id())).contains(added);
    assertThat(keys().byHash(SecretHash.of("a"))).contains(added);
    assertThat(keys().byHash(SecretHash.of("b"))).isEmpty();
  }

  @Test
  void listsKeysInTheOrderOfTheirAdding() {
    keys().add(key("c"), Samples.DEED);
    keys().add(key("a"), Samples.DEED);
    keys().add(key("b"), Samples.DEED);

    assertThat(keys().all()).containsExactly(key("c"), key("a"), key("b"));
  }

  @Test
  void aChangeIsSeenByEveryLaterReadAndKeepsItsPlace() {
    keys().add(key("a"), Samples.DEED);
    keys().add(key("b"), Samples.DEED);
    ApiKey wanted =
        key("a")
            .on(terms -> terms.withName("new"))
            .on(terms -> terms.withEnabled(false))
            .changedAt(NOON.plusSeconds(1));

    assertThat(keys().change(new KeyId("a"), _ -> wanted, Samples.DEED)).contains(wanted);

    assertThat(keys().byHash(SecretHash.of("a"))).contains(wanted);
    assertThat(keys().byId(new KeyId("a"))).contains(wanted);
    assertThat(keys().all()).containsExactly(wanted, key("b"));
  }

  @Test
  void aChangeCanClearWhatIsOptional() {
    keys()
        .add(
            key("a")
                .on(terms -> terms.withQuota(TokenQuota.of(5)))
                .on(terms -> terms.withExpiry(NOON)),
            Samples.DEED);

    keys()
        .change(
            new KeyId("a"),
            key ->
                key.on(terms -> terms.withQuota(TokenQuota.UNLIMITED))
                    .on(terms -> terms.withExpiry(null)),
            Samples.DEED);

    assertThat(keys().byId(new KeyId("a"))).contains(key("a"));
  }

  @Test
  void changingAnUnknownKeyDoesNothing() {
    assertThat(
            keys()
                .change(
                    new KeyId("none"), key -> key.on(terms -> terms.withName("new")), Samples.DEED))
        .isEmpty();
    assertThat(keys().all()).isEmpty();
  }

  @Test
  void anExceptionOutOfAChangeReachesTheCallerAndChangesNothing() {
    keys().add(key("a"), Samples.DEED);
    var refusal = new IllegalArgumentException("no");

    assertThatThrownBy(
            () ->
                keys()
                    .change(
                        new KeyId("a"),
                        _ -> {
                          throw refusal;
                        },
                        Samples.DEED))
        .isSameAs(refusal);

    assertThat(keys().byId(new KeyId("a"))).contains(key("a"));
    assertThat(
            keys()
                .change(
                    new KeyId("a"), key -> key.on(terms -> terms.withName("next")), Samples.DEED))
        .isPresent();
  }

  @Test
  void noOtherChangeComesInBetween() throws InterruptedException {
    keys().add(key("a").on(terms -> terms.withQuota(TokenQuota.of(0))), Samples.DEED);
    var threads =
        IntStream.range(0, 8).mapToObj(_ -> Thread.ofVirtual().start(this::raiseTenTimes)).toList();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(keys().byId(new KeyId("a")).map(key -> key.terms().quota()))
        .contains(TokenQuota.of(80));
  }

  private void raiseTenTimes() {
    for (int time = 0; time < 10; time++) {
      keys()
          .change(
              new KeyId("a"),
              key ->
                  key.on(
                      terms ->
                          terms.withQuota(
                              TokenQuota.of(
                                  Objects.requireNonNull(key.terms().quota().limit()) + 1))),
              Samples.DEED);
    }
  }

  @Test
  void removedKeysAreGoneAtOnce() {
    keys().add(key("a"), Samples.DEED);
    keys().add(key("b"), Samples.DEED);
    keys().add(key("c"), Samples.DEED);
    var some = List.of(new KeyId("a"), new KeyId("c"), new KeyId("none"));

    assertThat(keys().remove(some, Samples.DEED))
        .containsExactlyInAnyOrder(new KeyId("a"), new KeyId("c"));

    assertThat(keys().byHash(SecretHash.of("a"))).isEmpty();
    assertThat(keys().byId(new KeyId("a"))).isEmpty();
    assertThat(keys().all()).containsExactly(key("b"));
    assertThat(keys().remove(some, Samples.DEED)).isEmpty();
  }

  @Test
  void severalAreChangedTogetherOrNotAtAll() {
    keys().add(key("a"), Samples.DEED);
    keys().add(key("b"), Samples.DEED);
    var both = List.of(new KeyId("b"), new KeyId("none"), new KeyId("a"));

    assertThat(keys().change(both, key -> key.on(of -> of.withEnabled(false)), Samples.DEED))
        .isEqualTo(keys().all())
        .allMatch(key -> !key.terms().enabled());
    assertThatThrownBy(
            () ->
                keys()
                    .change(
                        both,
                        key -> {
                          if (key.id().value().equals("b")) {
                            throw new IllegalArgumentException("not b");
                          }
                          return key.on(of -> of.withEnabled(true));
                        },
                        Samples.DEED))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(keys().all()).allMatch(key -> !key.terms().enabled());
  }

  @Test
  void aKeyIsFoundByItsFormerSecretToo() {
    keys().add(key("a"), Samples.DEED);

    keys()
        .change(
            new KeyId("a"),
            key -> key.opening(old -> old.replacedBy("next", NOON.plusSeconds(1))),
            Samples.DEED);

    assertThat(keys().byHash(SecretHash.of("a"))).isEqualTo(keys().byId(new KeyId("a")));
    assertThat(keys().byHash(SecretHash.of("next"))).isEqualTo(keys().byId(new KeyId("a")));
  }

  @Test
  void everythingSaidOfAKeyIsKept() {
    ApiKey full =
        key("a")
            .opening(old -> old.replacedBy("next", NOON.plusSeconds(1)))
            .on(
                of ->
                    new KeyTerms(
                        "full",
                        "a note\nof two lines \uD83D\uDE00",
                        new TokenQuota(7L, QuotaPeriod.WEEK),
                        new RateLimits(1L, 2L, 3L, 4L),
                        new KeyScope(
                            List.of(new ModelPattern("llama*"), new ModelPattern("gpt")),
                            "llama3:8b",
                            List.of(Network.of("10.0.0.0/8"), Network.of("2001:db8::/32"))),
                        Tier.PAID,
                        false,
                        NOON.plusSeconds(5)));

    keys().add(full, Samples.DEED);

    assertThat(keys().byId(full.id())).contains(full);
  }
}
