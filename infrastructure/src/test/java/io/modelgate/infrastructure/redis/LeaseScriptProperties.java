package io.modelgate.infrastructure.redis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.modelgate.domain.access.LimitState;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.infrastructure.redis.Question.Used;
import io.modelgate.infrastructure.redis.RedisSettings.OnStoreFailure;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.slf4j.LoggerFactory;

/** The script against the domain's decision. */
class LeaseScriptProperties {
  private static final Script SCRIPT = Script.named("lease.lua");
  private static final String KEY = "modelgate:limits:k";

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final RedisServerProcess REDIS = RedisServerProcess.started();
  private static final RedisConnection CONNECTION =
      new RedisConnection(
          new RedisSettings("127.0.0.1", REDIS.port(), null, false, OnStoreFailure.DENY), PATIENCE);

  @BeforeContainer
  static void start() {
    ((Logger) LoggerFactory.getLogger("org.redisson")).setLevel(Level.WARN);
    ((Logger) LoggerFactory.getLogger("io.netty")).setLevel(Level.WARN);
    CONNECTION.connect();
  }

  @AfterContainer
  static void stop() {
    CONNECTION.close();
    REDIS.close();
  }

  /**
   * What Redis remembers.
   *
   * @param age milliseconds since it was written; negative when the clock was set back
   * @param requests in parts
   * @param tokens in parts
   * @param countedUnder the tokens' limit then, -1 for none
   * @param others what another node holds
   */
  record Stored(long age, long requests, long tokens, long countedUnder, Held others) {}

  @Property(tries = 2_000)
  void decidesAsTheDomain(
      @ForAll("limits") RateLimits limits,
      @ForAll("stored") Stored stored,
      @ForAll("few") long running,
      @ForAll("tokens") long taken,
      @ForAll("tokens") long wanted)
      throws RedisGone, InterruptedException {
    long written = redisTime() - stored.age();
    store(stored, written);
    var question =
        new Question(
            limits, true, limits.tokensTaken(wanted), running, taken, Used.NOTHING, Used.NOTHING);

    Answer answer = ask(question);

    long now = Long.parseLong(REDIS.command("HGET", KEY, "at"));
    var before =
        new LimitState(
            new RateLimits(
                null, null, stored.countedUnder() < 0 ? null : stored.countedUnder(), null),
            written,
            stored.requests(),
            stored.tokens(),
            taken + stored.others().tokens(),
            running + stored.others().slots());
    LimitState buckets = lettingNothingBegin(limits).decide(before, 0, now).next();
    long held = limits.rpm() == null ? 0 : stored.others().requests() * LimitState.PARTS;
    var counting =
        new LimitState(
            limits,
            now,
            buckets.requests() + held,
            buckets.tokens(),
            before.reserved(),
            before.running());
    RateLimits.Verdict verdict = limits.decide(counting, wanted, now);

    assertThat(answer.granted()).isEqualTo(verdict instanceof RateLimits.Verdict.Pass);
    assertThat(answer.tokens()).isEqualTo(buckets.tokens());
    assertThat(answer.requests())
        .isEqualTo(
            buckets.requests() + (answer.granted() && limits.rpm() != null ? LimitState.PARTS : 0));
  }

  private static RateLimits lettingNothingBegin(RateLimits limits) {
    return new RateLimits(limits.rpm(), limits.burst(), limits.tpm(), 0L);
  }

  @Example
  void whatWasHeardAlreadyCountsOnceThoughTheAnswerWasLost() throws Exception {
    REDIS.flush();
    var limits = new RateLimits(100L, null, 1_000L, null);
    var told = new Question(limits, false, 0, 1, 50, new Used(3, 70), Used.NOTHING);

    Answer first = ask(told);
    Answer second = ask(told);

    assertThat(first.tokens()).isBetween(60L * 60_000, 70L * 60_000);
    assertThat(second.tokens()).isLessThanOrEqualTo(first.tokens());
    assertThat(second.requests()).isLessThanOrEqualTo(first.requests());
  }

  @Example
  void leasesNothingWhereLittleIsLeftAndABlockWhereThereIsPlenty() throws Exception {
    assertThat(leasedOf(new RateLimits(3L, null, 100L, 2L), 50)).isEqualTo(Held.NOTHING);
    assertThat(leasedOf(new RateLimits(60L, null, null, null), 0)).isEqualTo(new Held(3, 0, 0));
    assertThat(leasedOf(new RateLimits(1_000_000L, null, 1_000_000_000L, 1_000_000L), 500))
        .isEqualTo(new Held(63, 63 * 500, 63));
  }

  private static Held leasedOf(RateLimits limits, long tokens) throws Exception {
    REDIS.flush();
    return ask(new Question(limits, true, tokens, 0, 0, Used.NOTHING, Used.NOTHING)).leased();
  }

  @Example
  void aDeadNodeTakesNoMoreThanItsLeaseWithIt() throws Exception {
    var limits = new RateLimits(1L, 200L, null, null);
    Held lease = leasedOf(limits, 0);
    redisForgetsThatItLives();

    int granted = 0;
    while (askAs("another", question(limits)).granted()) {
      granted++;
    }

    assertThat(lease.requests()).isEqualTo(12);
    assertThat(1 + granted).isBetween(200, 201);
  }

  /** Its hold ends now. */
  private static void redisForgetsThatItLives() {
    REDIS.command("HSET", KEY, "node:me", "12 0 1 1 0 0");
  }

  @Example
  void nothingStaysInRedisForLongerThanItMatters() throws Exception {
    leasedOf(new RateLimits(60L, null, 1_000L, null), 10);

    String left = REDIS.command("PTTL", KEY);

    assertThat(Long.parseLong(left.substring(1))).isBetween(1L, 6_000L);
  }

  @Example
  void aHoldFromAClockThatWasSetBackEndsInTime() throws Exception {
    REDIS.flush();
    store(new Stored(0, 0, 0, -1, new Held(0, 0, 2)), redisTime() + 3_600_000);

    ask(
        new Question(
            new RateLimits(null, null, null, 2L), true, 0, 0, 0, Used.NOTHING, Used.NOTHING));

    String hold = REDIS.command("HGET", KEY, "node:other");
    assertThat(Long.parseLong(hold.split(" ", -1)[3])).isLessThanOrEqualTo(redisTime() + 5_000);
  }

  private static Question question(RateLimits limits) {
    return new Question(limits, true, 0, 0, 0, Used.NOTHING, Used.NOTHING);
  }

  private static Answer ask(Question question) throws RedisGone, InterruptedException {
    return askAs("me", question);
  }

  private static Answer askAs(String node, Question question)
      throws RedisGone, InterruptedException {
    List<Long> figures =
        CONNECTION.run(SCRIPT, KEY, PATIENCE, question.arguments(node, KeyLease.LIFE.toMillis()));
    return Answer.of(figures);
  }

  private static void store(Stored stored, long written) {
    REDIS.command("DEL", KEY);
    Held others = stored.others();
    REDIS.command(
        "HSET",
        KEY,
        "at",
        Long.toString(written),
        "requests",
        Long.toString(stored.requests()),
        "tokens",
        Long.toString(stored.tokens()),
        "tpm",
        Long.toString(stored.countedUnder()),
        "node:other",
        others.requests()
            + " "
            + others.tokens()
            + " "
            + others.slots()
            + " "
            + (Math.max(written, redisTime()) + 4_000)
            + " 0 0");
  }

  private static long redisTime() {
    return Long.parseLong(
        REDIS.command(
            "EVAL",
            "local t = redis.call('TIME') return t[1] .. string.format('%03d', t[2] / 1000)",
            "0"));
  }

  @Provide
  Arbitrary<RateLimits> limits() {
    return Combinators.combine(
            fewOrMany(RateLimits.MAX_RPM).injectNull(0.2),
            fewOrMany(RateLimits.MAX_RPM).injectNull(0.5),
            fewOrMany(RateLimits.MAX_TPM).injectNull(0.3),
            Arbitraries.longs().between(0, 5).injectNull(0.5))
        .as(RateLimits::new);
  }

  @Provide
  Arbitrary<Stored> stored() {
    return Combinators.combine(
            Arbitraries.oneOf(
                Arbitraries.longs().between(0, 60_000),
                Arbitraries.longs().between(-7_200_000, 7_200_000)),
            parts(RateLimits.MAX_RPM),
            parts(60 * RateLimits.MAX_TPM),
            Arbitraries.longs().between(-1, RateLimits.MAX_TPM),
            Combinators.combine(few(), tokens(), few()).as(Held::new))
        .as(Stored::new);
  }

  private static Arbitrary<Long> fewOrMany(long most) {
    return Arbitraries.oneOf(
        Arbitraries.longs().between(0, 10), Arbitraries.longs().between(0, most));
  }

  private static Arbitrary<Long> parts(long most) {
    return Arbitraries.oneOf(
        Arbitraries.longs().between(0, 10).map(whole -> whole * LimitState.PARTS),
        Arbitraries.longs().between(0, most * LimitState.PARTS));
  }

  @Provide
  Arbitrary<Long> few() {
    return Arbitraries.longs().between(0, 3);
  }

  @Provide
  Arbitrary<Long> tokens() {
    return fewOrMany(100_000);
  }
}
