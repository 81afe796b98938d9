package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.NOON;
import static io.modelgate.testing.QuotasContract.record;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.store.Job.Decision;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.infrastructure.store.StoreSettings.OnStoreFailure;
import io.modelgate.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Charges that cannot be kept at once are kept later, once, and all of them. */
final class OwedChargesTest {
  private static final KeyId KEY = new KeyId("a");
  private static final Patience HASTY =
      new Patience(Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofMillis(5));

  @TempDir private Path directory;
  private final Logger logger =
      (Logger) LoggerFactory.getLogger("io.modelgate.infrastructure.store");
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final AtomicReference<OnStoreFailure> policy =
      new AtomicReference<>(OnStoreFailure.REFUSE);
  private OnDisk disk;
  private UncertainCommits commits;
  private SqliteDatabase database;
  private StoreWriter writer;

  @BeforeEach
  void makeDatabase() throws IOException, SQLException {
    log.start();
    logger.addAppender(log);
    logger.setLevel(Level.INFO);
    Path file = directory.resolve("modelgate.db");
    OwnerOnly.file(file);
    disk = new OnDisk(file);
    commits = new UncertainCommits(SqliteDatabase.source(file, Durability.NORMAL));
    database = new SqliteDatabase(file, Durability.NORMAL, commits);
    try (Connection connection = database.connection()) {
      Migrations.ALL.apply(connection);
    }
    writer = writer(Stores.LONG);
  }

  @AfterEach
  void stop() throws SQLException {
    writer.close();
    logger.detachAppender(log);
    logger.setLevel(null);
    disk.agrees();
  }

  private void start(Patience patience) {
    writer = writer(patience);
    writer.start();
  }

  private StoreWriter writer(Patience patience) {
    return new StoreWriter(
        database, 0, patience, () -> Stores.policy(policy.get()), new SettableClock(NOON));
  }

  private boolean charge(String request) {
    return writer.settle(new Charge(record(KEY, request, NOON, 3), new PeriodStarts(1, 2, 3)));
  }

  private void chargeTogether(int calls) throws InterruptedException {
    List<Thread> threads =
        IntStream.range(0, calls)
            .mapToObj(number -> Thread.ofVirtual().start(() -> charge("req_" + number)))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void untilKept() {
    while (!writer.isKeepingUp()) {
      Thread.onSpinWait();
    }
  }

  private List<String> logged(Level level) {
    return List.copyOf(log.list).stream()
        .filter(event -> event.getLevel() == level)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Test
  void aCommitThatFailedBeforeItHappenedIsMadeAgain() throws Exception {
    start(Stores.LONG);
    commits.failBefore.set(3);

    assertThat(charge("req_1")).isTrue();

    assertThat(disk.requests()).containsExactly("req_1");
  }

  @Test
  void aCommitThatHappenedAndFailedIsNotMadeTwice() throws Exception {
    start(Stores.LONG);
    commits.failAfter.set(3);

    for (int number = 1; number <= 4; number++) {
      assertThat(charge("req_" + number)).isTrue();
    }

    assertThat(commits.failAfter).hasValue(0);
    assertThat(disk.requests()).containsExactly("req_1", "req_2", "req_3", "req_4");
  }

  @Test
  void underLoadEveryChargeIsKeptOnceHoweverCommitsFail() throws Exception {
    start(Stores.LONG);
    Thread trouble =
        Thread.ofVirtual()
            .start(
                () -> {
                  for (int time = 0; time < 30; time++) {
                    commits.failAfter.incrementAndGet();
                    commits.failBefore.incrementAndGet();
                    while (commits.failAfter.get() > 0 && commits.failBefore.get() > 0) {
                      LockSupport.parkNanos(100_000);
                    }
                  }
                });

    for (int time = 0; time < 10; time++) {
      chargeTogether(100);
    }
    trouble.interrupt();

    assertThat(disk.requests()).hasSize(1_000);
    assertThat(disk.number("SELECT count(DISTINCT sequence) FROM usage")).isEqualTo(1_000);
  }

  @Test
  void whileChargesAreOverdueCallsAreRefusedOrServedAsThePolicySays() throws Exception {
    start(HASTY);
    commits.failBefore.set(Integer.MAX_VALUE);

    assertThat(charge("req_1")).isFalse();

    assertThat(writer.isKeepingUp()).isFalse();
    assertThat(writer.takesCharges()).isFalse();
    policy.set(OnStoreFailure.SERVE);
    assertThat(writer.takesCharges()).isTrue();
    assertThat(charge("req_2")).isFalse();
    assertThat(writer.owed()).isEqualTo(2);
    assertThat(disk.requests()).isEmpty();
    policy.set(OnStoreFailure.REFUSE);
    commits.failBefore.set(0);
    untilKept();

    assertThat(writer.takesCharges()).isTrue();
    assertThat(writer.owed()).isZero();
    assertThat(disk.requests()).containsExactly("req_1", "req_2");
    assertThat(logged(Level.WARN))
        .singleElement()
        .asString()
        .contains("usage records cannot be kept", "disk I/O error", "refused");
    assertThat(logged(Level.INFO)).containsExactly("all usage records are kept again");
    assertThat(logged(Level.ERROR)).isEmpty();
  }

  @Test
  void aWriterThatTakesTooLongIsOverdueTooUntilItIsDone() throws Exception {
    start(HASTY);
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    Thread holding =
        Thread.ofVirtual().start(() -> writer.change("waiting", () -> hold(entered, go)));
    entered.await();

    assertThat(charge("req_1")).isFalse();
    assertThat(writer.takesCharges()).isFalse();
    long began = System.nanoTime();
    assertThat(charge("req_2")).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .as("who comes later does not wait all over again")
        .isLessThan(HASTY.charge().multipliedBy(10));
    assertThat(writer.queued()).isEqualTo(2);
    go.countDown();
    holding.join();
    untilKept();

    assertThat(disk.requests()).containsExactly("req_1", "req_2");
    assertThat(logged(Level.WARN)).singleElement().asString().contains("takes too long");
    assertThat(logged(Level.INFO)).hasSize(1);
  }

  private static Decision<Boolean> hold(CountDownLatch entered, CountDownLatch go) {
    entered.countDown();
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return new Decision.Leave<>(true);
  }

  @Test
  void aRecordThatTheDatabaseRefusesIsSetAsideAndItsTokensCount() throws Exception {
    start(Stores.LONG);
    disk.run(
        """
        CREATE TRIGGER refusal BEFORE INSERT ON usage WHEN new.request_id = 'req_50'
        BEGIN SELECT RAISE(ABORT, 'not this one'); END
        """);

    chargeTogether(100);

    assertThat(disk.requests()).hasSize(99).doesNotContain("req_50").doesNotHaveDuplicates();
    assertThat(disk.number("SELECT used FROM quota_use WHERE period = 'total'")).isEqualTo(300);
    assertThat(disk.number("SELECT sum(calls) FROM usage_daily")).isEqualTo(100);
    assertThat(disk.number("SELECT requests FROM usage_sums WHERE hours = 1 AND key_id = ''"))
        .as("the one without a row is in the sums already, the others are not yet")
        .isEqualTo(1);
    assertThat(writer.isKeepingUp()).isTrue();
    assertThat(logged(Level.ERROR))
        .singleElement()
        .asString()
        .contains("set aside", "req_50", "key=a", "prompt=2", "org/small:7b");
    disk.run("DROP TRIGGER refusal");
    disk.run(
        """
        INSERT INTO usage
          (sequence, time, request_id, key_id, model, upstream_model, backend, endpoint,
           prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
           usage_source, outcome, status, stream, duration_us)
        VALUES (200, 0, 'req_50', 'a', '', '', '', '', 2, 1, 0, 0, '', '', 0, 0, 0)
        """);
  }

  @Test
  void aChargeThatIsRefusedAltogetherDoesNotHoldUpTheOthers() throws Exception {
    start(Stores.LONG);
    disk.run(
        """
        CREATE TRIGGER refusal BEFORE INSERT ON quota_use WHEN new.key_id = 'poison'
        BEGIN SELECT RAISE(ABORT, 'not this one'); END
        """);

    assertThat(
            writer.settle(
                new Charge(
                    record(new KeyId("poison"), "req_1", NOON, 3), new PeriodStarts(1, 2, 3))))
        .isFalse();
    assertThat(charge("req_2")).isTrue();

    assertThat(disk.requests()).containsExactly("req_2");
    assertThat(writer.isKeepingUp()).isTrue();
    assertThat(logged(Level.ERROR)).hasSize(2);
  }

  @Test
  void whatCannotBeKeptAtTheCloseIsToldToTheLog() throws Exception {
    start(HASTY);
    commits.failBefore.set(Integer.MAX_VALUE);
    assertThat(charge("req_1")).isFalse();

    assertThat(writer.close()).isTrue();

    assertThat(logged(Level.ERROR))
        .singleElement()
        .asString()
        .contains("could not be kept", "req_1");
    assertThat(charge("req_2")).isFalse();
    assertThat(logged(Level.ERROR)).hasSize(2).last().asString().contains("closed", "req_2");
  }
}
