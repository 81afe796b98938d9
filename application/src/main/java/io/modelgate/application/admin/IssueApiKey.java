package io.modelgate.application.admin;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.TokenQuota;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes secrets, those of new keys and new ones of old keys, and hands each out once. Thread-safe;
 * blocks until the key is durable.
 */
public final class IssueApiKey {
  private static final String SECRET_PREFIX = "sk-mg-";

  private final ApiKeys keys;
  private final InstantSource clock;
  private final RandomText random;
  private final Supplier<Defaults> defaults;

  /**
   * Issues into {@code keys}.
   *
   * @param random cryptographically strong, thread-safe
   * @param defaults for what a new key's maker leaves open; asked at each, so that they can change
   */
  public IssueApiKey(
      ApiKeys keys, InstantSource clock, RandomGenerator random, Supplier<Defaults> defaults) {
    this.keys = keys;
    this.clock = clock;
    this.random = new RandomText(random);
    this.defaults = defaults;
  }

  /**
   * Issues one key.
   *
   * @param name 1 to 200 characters
   * @param terms its terms, out of the installation's defaults
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept; then there is
   *     no such key
   */
  public Issued handle(String name, UnaryOperator<KeyTerms> terms, Author author) {
    Defaults byDefault = defaults.get();
    KeyTerms usual =
        KeyTerms.unlimited(name).withQuota(byDefault.quota()).withLimits(byDefault.limits());
    String secret = random.secret(SECRET_PREFIX);
    ApiKey key = add(new KeyId(random.id("key_")), secret, terms.apply(usual), author);
    return new Issued(key, secret);
  }

  /**
   * Gives a key another secret.
   *
   * @param grace how long the old one works beside it; zero for no longer
   * @return empty when there is no key of that id, or it is part of the gateway
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept; then the old
   *     secret stays
   */
  public Optional<Issued> rotate(KeyId id, Duration grace, Author author) {
    if (id.equals(ApiKey.PLAYGROUND)) {
      return Optional.empty();
    }
    String secret = random.secret(SECRET_PREFIX);
    Deed deed = Deed.now(Action.ROTATE, author, clock);
    @Nullable Instant until = grace.isZero() ? null : deed.time().plus(grace);
    return keys.change(
            id,
            key -> key.opening(old -> old.replacedBy(secret, until)).changedAt(deed.time()),
            deed)
        .map(key -> new Issued(key, secret));
  }

  /** The key that counts the administrator's own calls; made when there is none. */
  public ApiKey playground() {
    return keys.byId(ApiKey.PLAYGROUND)
        .orElseGet(
            () ->
                add(
                    ApiKey.PLAYGROUND,
                    random.secret(SECRET_PREFIX), // told nobody
                    KeyTerms.unlimited("admin-playground"),
                    Author.GATEWAY));
  }

  private ApiKey add(KeyId id, String secret, KeyTerms terms, Author author) {
    Deed deed = Deed.now(Action.CREATE, author, clock);
    var key = new ApiKey(id, KeySecret.of(secret), terms, deed.time(), deed.time());
    keys.add(key, deed);
    return key;
  }

  /** What the installation gives a key when its maker says nothing else. */
  public record Defaults(TokenQuota quota, RateLimits limits) {}

  /**
   * A key as issued. {@link #toString()} leaves the secret out.
   *
   * @param secret {@code sk-mg-} and 43 characters of {@code [A-Za-z0-9_-]}; kept nowhere
   */
  public record Issued(ApiKey key, String secret) {
    @Override
    public String toString() {
      return "Issued[" + key.id() + "]";
    }
  }
}
