package io.modelgate.infrastructure.redis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.modelgate.application.port.Limits;
import io.modelgate.application.port.Limits.Pass;
import io.modelgate.application.port.Limits.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.infrastructure.memory.InMemoryLimits;
import io.modelgate.infrastructure.redis.RedisSettings.OnStoreFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Several nodes, and a Redis that comes and goes. */
class RedisLimitsTest {
  private static final KeyId KEY = new KeyId("k");
  private static final long START_NANOS = System.nanoTime();
  private static final InstantSource CLOCK =
      () -> Instant.EPOCH.plusNanos(System.nanoTime() - START_NANOS);

  private final RedisServerProcess redis = RedisServerProcess.started();
  private final List<RedisLimits> nodes = new ArrayList<>();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(RedisLimits.class);

  @BeforeEach
  void listen() {
    ((Logger) LoggerFactory.getLogger("org.redisson")).setLevel(Level.OFF);
    ((Logger) LoggerFactory.getLogger("io.netty")).setLevel(Level.OFF);
    logger.setLevel(Level.INFO);
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void close() {
    nodes.forEach(RedisLimits::close);
    redis.close();
    logger.detachAppender(log);
  }

  @Test
  void twoNodesGiveTogetherWhatOneWould() throws InterruptedException {
    var limits = new RateLimits(600L, 300L, null, null);
    var two = List.of(patientNode(), patientNode());
    var admitted = new AtomicInteger();
    long began = System.nanoTime();

    onEach(
        two,
        16,
        node -> {
          for (int call = 0; call < 100; call++) {
            if (node.admit(KEY, limits, 0) instanceof Verdict.Admitted in) {
              admitted.incrementAndGet();
              in.pass().settle(0);
            }
          }
        });

    double seconds = (System.nanoTime() - began) / 1e9;
    assertThat(admitted.get()).isBetween(280, (int) (300 + 10 * seconds) + 1);
  }

  @Test
  void aLongLoadNeverGetsMoreThanTheRateGives() throws InterruptedException {
    var limits = new RateLimits(60_000L, 500L, null, null);
    var two = List.of(patientNode(), patientNode());
    var admitted = new AtomicInteger();
    long began = System.nanoTime();

    onEach(
        two,
        4,
        node -> {
          while (System.nanoTime() - began < 2_000_000_000L) {
            if (node.admit(KEY, limits, 0) instanceof Verdict.Admitted in) {
              admitted.incrementAndGet();
              in.pass().settle(0);
            } else {
              LockSupport.parkNanos(200_000);
            }
          }
        });

    double seconds = (System.nanoTime() - began) / 1e9;
    assertThat(admitted.get()).isBetween(1_000, (int) (500 + 1_000 * seconds) + 1);
  }

  @Test
  void noMoreRunOnTwoNodesThanMay() throws InterruptedException {
    var limits = new RateLimits(null, null, 700L, 7L);
    var two = List.of(patientNode(), patientNode());
    var running = new AtomicInteger();
    var most = new AtomicInteger();

    onEach(
        two,
        16,
        node -> {
          for (int call = 0; call < 40; call++) {
            if (node.admit(KEY, limits, 100) instanceof Verdict.Admitted in) {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              LockSupport.parkNanos(100_000);
              running.decrementAndGet();
              in.pass().settle(0);
            }
          }
        });

    assertThat(most).hasValueBetween(1, 7);
    var got = new ArrayList<Pass>();
    eventually(
        () -> {
          got.addAll(passes(two.getFirst(), limits, 100, 7));
          return got.size() >= 7;
        });
    assertThat(got).hasSize(7);
  }

  @Test
  void whatANodeLeasedAndDoesNotUseIsSoonFreeForOthers() {
    var limits = new RateLimits(1L, 200L, null, null);
    RedisLimits idle = node();
    RedisLimits busy = node();
    passes(idle, limits, 0, 1);

    var got = new ArrayList<Pass>();
    eventually(
        () -> {
          got.addAll(passes(busy, limits, 0, 50));
          return got.size() >= 199;
        });
    assertThat(got).hasSizeBetween(199, 200);
  }

  @Test
  void whatACallGivesBackServesAnotherNodeAtOnceWhenLittleIsLeft() {
    var limits = new RateLimits(null, null, 1_000L, 1L);
    RedisLimits one = node();
    RedisLimits other = node();
    eventually(() -> one.nodes() == 2);

    for (int turn = 0; turn < 20; turn++) {
      RedisLimits node = turn % 2 == 0 ? one : other;
      long began = System.nanoTime();
      var got = new ArrayList<Pass>();
      eventually(
          () -> {
            got.addAll(passes(node, limits, 900, 1));
            return !got.isEmpty();
          });
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(450));
      got.getFirst().settle(0);
    }
  }

  @Test
  void aDeadNodesPlacesComeBack() {
    var limits = new RateLimits(null, null, null, 2L);
    RedisLimits node = node();
    long now = Long.parseLong(redis.command("EVAL", "return redis.call('TIME')[1]", "0")) * 1_000;
    redis.command("HSET", "modelgate:limits:k", "node:dead", "0 0 2 " + (now + 3_000) + " 0 0");

    assertThat(passes(node, limits, 0, 1)).isEmpty();
    eventually(() -> passes(node, limits, 0, 2).size() == 2);
  }

  @Test
  void runningCallsKeepTheirPlacesHoweverLongTheyLast() {
    var limits = new RateLimits(null, null, null, 2L);
    passes(node(), limits, 0, 2);
    long began = System.nanoTime();

    RedisLimits other = node();
    while (System.nanoTime() - began < 6_500_000_000L) {
      assertThat(passes(other, limits, 0, 1)).isEmpty();
      LockSupport.parkNanos(100_000_000);
    }
  }

  @Test
  void aScriptThatRedisForgotIsLoadedAgain() {
    RedisLimits node = node();
    redis.command("SCRIPT", "FLUSH");

    assertThat(passes(node, RateLimits.ofRequests(3), 0, 5)).hasSize(3);
    assertThat(node.isStoreAnswering()).isTrue();
    assertThat(warnings()).isEmpty();
  }

  @Test
  void withoutRedisEachNodeEnforcesItsShareAndTellsOnce() {
    var limits = new RateLimits(10L, null, null, null);
    RedisLimits one = node();
    RedisLimits other = node();
    eventually(() -> one.nodes() == 2 && other.nodes() == 2);
    redis.stop();

    assertThat(passes(one, limits, 0, 10)).hasSize(5);
    assertThat(passes(other, limits, 0, 10)).hasSize(5);
    assertThat(one.standing(KEY, limits).requests())
        .extracting(LimitStanding.Allowance::limit)
        .isEqualTo(5L);
    assertThat(one.isStoreAnswering()).isFalse();
    assertThat(warnings()).hasSize(2).allMatch(line -> line.contains("share"));
  }

  @Test
  void redisBackAfterARestartIsUsedAgain() {
    var limits = new RateLimits(10L, null, null, null);
    RedisLimits node = node();
    passes(node, limits, 0, 10);
    redis.stop();
    eventually(() -> !node.isStoreAnswering());
    redis.start();
    eventually(node::isStoreAnswering);

    assertThat(passes(node, limits, 0, 20)).hasSize(10);
    assertThat(warnings()).hasSize(1);
    assertThat(lines(Level.INFO)).hasSize(2);
  }

  @Test
  void whenSetToDenyNoLimitedCallPassesWithoutRedis() {
    RedisLimits node = node(null, OnStoreFailure.DENY);
    redis.stop();
    eventually(() -> !node.isStoreAnswering());

    assertThat(node.admit(KEY, RateLimits.ofRequests(10), 0))
        .isInstanceOf(Verdict.Unavailable.class);
    assertThat(node.admit(KEY, RateLimits.UNLIMITED, 0)).isInstanceOf(Verdict.Admitted.class);
    assertThat(warnings()).singleElement().asString().contains("refused");
  }

  @Test
  void aSilentRedisHoldsNobodyUpForLong() throws InterruptedException {
    var limits = new RateLimits(1_000_000L, null, null, 1_000_000L);
    RedisLimits node = node();
    redis.pause();
    var longest = new AtomicInteger();

    onEach(
        List.of(node),
        20,
        limited -> {
          for (int call = 0; call < 20; call++) {
            long began = System.nanoTime();
            assertThat(limited.admit(KEY, limits, 0)).isInstanceOf(Verdict.Admitted.class);
            longest.accumulateAndGet(
                (int) Duration.ofNanos(System.nanoTime() - began).toMillis(), Math::max);
          }
        });

    assertThat(longest.get()).isLessThan(400);
    assertThat(node.isStoreAnswering()).isFalse();
    long began = System.nanoTime();
    assertThat(passes(node, limits, 0, 1_000)).hasSize(1_000);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));

    redis.resume();
    eventually(node::isStoreAnswering);
    assertThat(passes(node, limits, 0, 1)).hasSize(1);
  }

  @Test
  void flushedInTheMiddleLimitsBeginAnewAndRunningCallsAreToldAgain() {
    var limits = new RateLimits(10L, null, null, 3L);
    RedisLimits node = node();
    Pass running = passes(node, limits, 0, 3).getFirst();
    redis.flush();

    eventually(() -> "1".equals(redis.command("EXISTS", "modelgate:limits:k").replace(":", "")));
    assertThat(passes(node(), limits, 0, 5)).isEmpty();
    running.settle(0);
    assertThat(passes(node, limits, 0, 5)).hasSize(1);
    assertThat(node.isStoreAnswering()).isTrue();
  }

  @Test
  void startsWithoutRedisAndFindsItLater() {
    redis.stop();
    RedisLimits node = node();
    assertThat(node.isStoreAnswering()).isFalse();
    assertThat(passes(node, RateLimits.ofRequests(3), 0, 5)).hasSize(3);

    redis.start();
    eventually(node::isStoreAnswering);

    assertThat(passes(node, RateLimits.ofRequests(3), 0, 5)).hasSize(3);
  }

  @Test
  void aPasswordIsGivenAndNeverShown() {
    try (var guarded = RedisServerProcess.startedWith("open-sesame")) {
      RedisLimits knowing = node(guarded, "open-sesame", OnStoreFailure.LOCAL);
      RedisLimits guessing = node(guarded, "wrong-guess", OnStoreFailure.LOCAL);
      RedisLimits silent = node(guarded, null, OnStoreFailure.LOCAL);

      assertThat(knowing.isStoreAnswering()).isTrue();
      assertThat(guessing.isStoreAnswering()).isFalse();
      assertThat(silent.isStoreAnswering()).isFalse();
      assertThat(warnings()).hasSize(2).noneMatch(line -> line.contains("wrong-guess"));
      assertThat(new RedisSettings("h", 1, "open-sesame", true, OnStoreFailure.DENY))
          .hasToString("RedisSettings[h:1, tls=true, deny]");
    }
  }

  @Test
  void anInterruptedCallIsDecidedHereAndSaysNothingAboutRedis() {
    RedisLimits node = node();
    Thread.currentThread().interrupt();

    Verdict verdict = node.admit(KEY, RateLimits.ofRequests(3), 0);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(verdict).isInstanceOf(Verdict.Admitted.class);
    assertThat(node.isStoreAnswering()).isTrue();
  }

  @Test
  void whoGoesGivesEverythingBack() {
    var limits = new RateLimits(1L, 200L, 10_000L, 100L);
    RedisLimits going = node();
    passes(going, limits, 10, 1).getFirst().settle(1);
    going.close();

    RedisLimits staying = node();
    assertThat(staying.nodes()).isEqualTo(1);
    passes(staying, limits, 0, 1);
    LimitStanding standing = staying.standing(KEY, limits);
    assertThat(standing.requests()).extracting(LimitStanding.Allowance::remaining).isEqualTo(198L);
    assertThat(standing.running()).isEqualTo(1);
  }

  /** One that no busy machine makes believe that Redis is gone. */
  private RedisLimits patientNode() {
    return add(
        RedisLimits.open(
            settings(redis, null, OnStoreFailure.LOCAL),
            CLOCK,
            new InMemoryLimits(CLOCK),
            Duration.ofSeconds(5)));
  }

  private RedisLimits node() {
    return node(null, OnStoreFailure.LOCAL);
  }

  private RedisLimits node(@Nullable String password, OnStoreFailure onStoreFailure) {
    return node(redis, password, onStoreFailure);
  }

  private RedisLimits node(
      RedisServerProcess server, @Nullable String password, OnStoreFailure onStoreFailure) {
    return add(
        RedisLimits.open(
            settings(server, password, onStoreFailure), CLOCK, new InMemoryLimits(CLOCK)));
  }

  private static RedisSettings settings(
      RedisServerProcess server, @Nullable String password, OnStoreFailure onStoreFailure) {
    return new RedisSettings("127.0.0.1", server.port(), password, false, onStoreFailure);
  }

  private RedisLimits add(RedisLimits node) {
    nodes.add(node);
    return node;
  }

  private static List<Pass> passes(Limits node, RateLimits limits, long tokens, int calls) {
    List<Pass> passes = new ArrayList<>();
    for (int call = 0; call < calls; call++) {
      if (node.admit(KEY, limits, tokens) instanceof Verdict.Admitted(Pass pass, _)) {
        passes.add(pass);
      }
    }
    return passes;
  }

  /** What each of several threads does with a node. */
  private interface Work {
    void with(RedisLimits node);
  }

  private static void onEach(List<RedisLimits> nodes, int threads, Work work)
      throws InterruptedException {
    var started =
        nodes.stream()
            .flatMap(
                node ->
                    IntStream.range(0, threads)
                        .mapToObj(_ -> Thread.ofVirtual().start(() -> work.with(node))))
            .toList();
    for (Thread thread : started) {
      thread.join();
    }
  }

  /** Asks again and again; what is waited for comes by itself, in seconds. */
  private static void eventually(BooleanSupplier reached) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!reached.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private List<String> warnings() {
    return lines(Level.WARN);
  }

  private List<String> lines(Level level) {
    return List.copyOf(log.list).stream()
        .filter(event -> event.getLevel().equals(level))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }
}
