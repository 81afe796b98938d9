package io.modelgate.application.admin;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes a new key and hands its secret out, once. Thread-safe; blocks until the key is durable. */
public final class IssueApiKey {
  private static final String SECRET_PREFIX = "sk-mg-";
  private static final int SHOWN_CHARACTERS = SECRET_PREFIX.length() + 4;

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
   * @throws io.modelgate.application.port.StoreUnavailable when it could not be kept; then there is
   *     no such key
   */
  public Issued handle(NewKey wanted) {
    Defaults byDefault = defaults.get();
    String secret = random.secret(SECRET_PREFIX);
    // Milliseconds, so that what is shown now is what the store shows after a restart.
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    ApiKey key =
        new ApiKey(
            new KeyId(random.id("key_")),
            wanted.name(),
            secret.substring(0, SHOWN_CHARACTERS),
            SecretHash.of(secret),
            wanted.quota().apply(byDefault.quota()),
            wanted.limits().apply(byDefault.limits()),
            wanted.tier(),
            wanted.enabled(),
            wanted.expiresAt(),
            now,
            now);
    keys.add(key);
    return new Issued(key, secret);
  }

  /**
   * What a new key is to be.
   *
   * @param name 1 to 200 characters
   * @param expiresAt null for never
   * @param quota the one to give, out of the installation's default
   * @param limits those to give, out of the installation's defaults
   */
  public record NewKey(
      String name,
      @Nullable Instant expiresAt,
      UnaryOperator<TokenQuota> quota,
      UnaryOperator<RateLimits> limits,
      Tier tier,
      boolean enabled) {
    /** One with the installation's defaults. */
    public static NewKey named(String name) {
      return new NewKey(
          name, null, UnaryOperator.identity(), UnaryOperator.identity(), Tier.FREE, true);
    }
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
